// Eight bf16 numbers in one 16-byte access, and sums over a block.
#pragma once
#include "lanes.cuh"

struct Eight {
  float at[8];
};

__device__ __forceinline__ Eight load_eight(const bf16* from) {
  const uint4 raw = *(const uint4*)from;
  const unsigned pairs[4] = {raw.x, raw.y, raw.z, raw.w};
  Eight value;
#pragma unroll
  for (int i = 0; i < 4; i++) {
    value.at[2 * i] = low(pairs[i]);
    value.at[2 * i + 1] = high(pairs[i]);
  }
  return value;
}

__device__ __forceinline__ void store_eight(bf16* to, const Eight& value) {
  *(uint4*)to = make_uint4(pack(value.at[0], value.at[1]), pack(value.at[2], value.at[3]), pack(value.at[4], value.at[5]),
                           pack(value.at[6], value.at[7]));
}

// The sum of x, or the largest, over all threads of a block of at most 1024, in every thread.
template <bool Largest>
__device__ __forceinline__ float block_joined(float x) {
  __shared__ float of_warps[32];
  const int lane = threadIdx.x & 31, warps = (blockDim.x + 31) >> 5;
  x = Largest ? warp_max(x) : warp_sum(x);
  if (lane == 0) of_warps[threadIdx.x >> 5] = x;
  __syncthreads();
  x = lane < warps ? of_warps[lane] : Largest ? -INFINITY : 0.0f;
  x = Largest ? warp_max(x) : warp_sum(x);
  __syncthreads();
  return x;
}

__device__ __forceinline__ float block_sum(float x) { return block_joined<false>(x); }
__device__ __forceinline__ float block_max(float x) { return block_joined<true>(x); }
