// Rows of a head that wait in registers while the block meets: a thread's part of them, as they are, and of the gradients that lie there.
#pragma once
#include "backward_block.cuh"

__device__ __forceinline__ void unpack(float (&x)[Wide], const uint4 (&part)[Wide / 8]) {
#pragma unroll
  for (int o = 0; o < Wide / 8; o++) {
    const unsigned pairs[4] = {part[o].x, part[o].y, part[o].z, part[o].w};
#pragma unroll
    for (int i = 0; i < 8; i++) x[o * 8 + i] = i & 1 ? high(pairs[i / 2]) : low(pairs[i / 2]);
  }
}

struct WaitingRows {
  static constexpr int Count = Chunk * 8 / BackwardThreads;
  uint4 raw[Count][Wide / 8], grad[Count][Wide / 8];

  // Row i of eight lanes.
  __device__ static int row(const Lane& me, int i) { return i * (BackwardThreads / 8) + me.warp * 4 + me.lane / 8; }

  __device__ void load(const BackwardBlock& block, const View& raws, const View& grads, int head) {
    const Place& at = block.at;
    const Lane& me = block.me;
#pragma unroll
    for (int i = 0; i < Count; i++) {
      const int t = at.token + (row(me, i) < at.count ? row(me, i) : 0);
#pragma unroll
      for (int o = 0; o < Wide / 8; o++) {
        const int d = wide_channel(o * 8, me.lane);
        raw[i][o] = *(const uint4*)(raws.at(at.b, t, head) + d);
        if (block.p.add) grad[i][o] = *(const uint4*)(grads.at(at.b, t, head) + d);
      }
    }
  }

  // Row i becomes x, or what waits there and x.
  __device__ void store(const BackwardBlock& block, bf16* to, float (&x)[Wide], int i) const {
    if (block.p.add) {
      float old[Wide];
      unpack(old, grad[i]);
#pragma unroll
      for (int n = 0; n < Wide; n++) x[n] += old[n];
    }
    store_wide(to, x, block.me.lane);
  }
};
