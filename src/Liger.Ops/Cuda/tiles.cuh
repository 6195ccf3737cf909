// Tiles in shared memory and the fragments taken from them. Rows are padded by 8 numbers, so that the eight rows of a
// fragment load lie in different banks.
#pragma once
#include "lanes.cuh"

#ifndef HEAD_DIM
#define HEAD_DIM 128
#endif

constexpr int D = HEAD_DIM;
constexpr int Chunk = 64;      // tokens of a tile
constexpr int Block = 16;      // rows of a fragment
constexpr int Pitch = D + 8;   // of tiles with D columns
constexpr int Steps = D / 16;  // products that cover D
constexpr int Wide = D / 8;    // channels of a row for each of eight lanes
constexpr int Threads = 256;   // of a block, except where said otherwise

static_assert(D == 64 || D == 128, "head dimensions 64 and 128");

// [B,T,heads,D] with a contiguous last dimension.
struct View {
  bf16* data;
  int64 batch;
  int token, head;
  __device__ bf16* at(int b, int t, int h) const { return data + b * batch + (int64)t * token + (int64)h * head; }
};

struct Lane {
  int lane, warp, row, column;  // row: g, column: 2c
  __device__ Lane() : lane(threadIdx.x & 31), warp(threadIdx.x >> 5), row(lane >> 2), column((lane & 3) * 2) {}
};

__device__ __forceinline__ unsigned pair_at(const bf16* p) { return *(const unsigned*)p; }
__device__ __forceinline__ void set_pair(bf16* p, float first, float second) { *(unsigned*)p = pack(first, second); }

// A[16 × 16] at (row, column) of a tile stored row by row.
__device__ __forceinline__ void load_a(unsigned (&a)[4], const bf16* tile, int pitch, int row, int column, int lane) {
  load_matrices(a, tile + (row + (lane & 15)) * pitch + column + (lane >> 4) * 8);
}

// A[16 × 16] at (row, column) of the transpose of a stored tile.
__device__ __forceinline__ void load_a_transposed(unsigned (&a)[4], const bf16* tile, int pitch, int row, int column, int lane) {
  load_matrices_transposed(a, tile + (column + (lane >> 4) * 8 + (lane & 7)) * pitch + row + ((lane >> 3) & 1) * 8);
}

// B[16 rows from k × 16 columns from n] of a tile stored [n][k]; b[0], b[1] for the first eight columns, b[2], b[3] for the next.
__device__ __forceinline__ void load_b(unsigned (&b)[4], const bf16* tile, int pitch, int k, int n, int lane) {
  load_matrices(b, tile + (n + (lane >> 4) * 8 + (lane & 7)) * pitch + k + ((lane >> 3) & 1) * 8);
}

// The same of a tile stored [k][n].
__device__ __forceinline__ void load_b_transposed(unsigned (&b)[4], const bf16* tile, int pitch, int k, int n, int lane) {
  load_matrices_transposed(b, tile + (k + ((lane >> 3) & 1) * 8 + (lane & 7)) * pitch + n + (lane >> 4) * 8);
}

template <int N>
__device__ __forceinline__ void clear(float (&c)[N][4]) {
#pragma unroll
  for (int n = 0; n < N; n++)
#pragma unroll
    for (int i = 0; i < 4; i++) c[n][i] = 0.0f;
}

// 64 rows of global memory into a tile, in the background; rows from `count` on are zero.
template <int Threads>
__device__ __forceinline__ void copy_tile(bf16* tile, const View& from, int b, int token, int head, int count) {
  constexpr int Vectors = D / 8;
  const int column = threadIdx.x % Vectors * 8;
  const bf16* source = from.at(b, token, head) + column;
#pragma unroll
  for (int i = 0; i < Chunk * Vectors / Threads; i++) {
    const int row = i * (Threads / Vectors) + threadIdx.x / Vectors;
    copy_async(tile + row * Pitch + column, source + (int64)(row < count ? row : 0) * from.token, row < count);
  }
}

// A matrix [D × D] of global memory into a tile, in the background.
template <int Threads>
__device__ __forceinline__ void copy_square(bf16* tile, const bf16* from) {
  constexpr int Vectors = D / 8;
#pragma unroll
  for (int i = threadIdx.x; i < D * Vectors; i += Threads) copy_async(tile + i / Vectors * Pitch + i % Vectors * 8, from + i * 8, true);
}

// Eight lanes share a row of D channels, four rows a warp; number i of a lane is this channel.
__device__ __forceinline__ int wide_channel(int i, int lane) { return i / 8 * 64 + (lane & 7) * 8 + i % 8; }

__device__ __forceinline__ void load_wide(float (&x)[Wide], const bf16* row, int lane) {
#pragma unroll
  for (int o = 0; o < Wide / 8; o++) {
    const uint4 v = *(const uint4*)(row + wide_channel(o * 8, lane));
    const unsigned pairs[4] = {v.x, v.y, v.z, v.w};
#pragma unroll
    for (int i = 0; i < 8; i++) x[o * 8 + i] = i & 1 ? high(pairs[i / 2]) : low(pairs[i / 2]);
  }
}

__device__ __forceinline__ void store_wide(bf16* row, const float (&x)[Wide], int lane) {
#pragma unroll
  for (int o = 0; o < Wide / 8; o++) {
    const float* y = x + o * 8;
    *(uint4*)(row + wide_channel(o * 8, lane)) = make_uint4(pack(y[0], y[1]), pack(y[2], y[3]), pack(y[4], y[5]), pack(y[6], y[7]));
  }
}

__device__ __forceinline__ void load_wide(float (&x)[Wide], const float* row, int lane) {
#pragma unroll
  for (int i = 0; i < Wide; i += 4) {
    const float4 v = *(const float4*)(row + wide_channel(i, lane));
    x[i] = v.x, x[i + 1] = v.y, x[i + 2] = v.z, x[i + 3] = v.w;
  }
}

// Memory that a warp alone uses to bring 16 rows of one head in and out by whole lines.
struct WarpRows {
  bf16* tile;  // [16][Pitch]
  static constexpr int Bytes = Block * Pitch * 2;
  __device__ WarpRows(char* memory, int warp) : tile((bf16*)(memory + warp * Bytes)) {}

  // Rows token … token + 15, in the background; those from `tokens` on are zero. Ready after wait().
  __device__ void copy(const View& from, int b, int token, int head, int tokens, const Lane& me) const {
    constexpr int Vectors = D / 8;
    const int column = me.lane % Vectors * 8;
#pragma unroll
    for (int i = 0; i < Steps; i++) {
      const int row = (i * 32 + me.lane) / Vectors, t = token + row;
      copy_async(tile + row * Pitch + column, from.at(b, t < tokens ? t : 0, head) + column, t < tokens);
    }
  }

  __device__ static void wait() {
    wait_copies();
    __syncwarp();
  }

  __device__ void store(const View& to, int b, int token, int head, int tokens, const Lane& me) const {
    constexpr int Vectors = D / 8;
    const int column = me.lane % Vectors * 8;
    __syncwarp();
#pragma unroll
    for (int i = 0; i < Steps; i++) {
      const int row = (i * 32 + me.lane) / Vectors, t = token + row;
      if (t < tokens) *(uint4*)(to.at(b, t, head) + column) = *(const uint4*)(tile + row * Pitch + column);
    }
  }

  // An accumulator [16 × D], times a factor for each half of its rows, in the place of what is there or added to it.
  __device__ void put(const float (&c)[D / 8][4], float first, float second, bool add, const Lane& me) const {
    __syncwarp();
#pragma unroll
    for (int n = 0; n < D / 8; n++) {
      bf16 *upper = tile + me.row * Pitch + n * 8 + me.column, *lower = upper + 8 * Pitch;
      const unsigned x = add ? pair_at(upper) : 0u, y = add ? pair_at(lower) : 0u;
      set_pair(upper, low(x) + c[n][0] * first, high(x) + c[n][1] * first);
      set_pair(lower, low(y) + c[n][2] * second, high(y) + c[n][3] * second);
    }
  }
};
