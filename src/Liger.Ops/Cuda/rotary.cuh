// Rotary embedding in half-rotation layout: channel i < D/2 is paired with i + D/2. Angles are computed once and given as cosines and
// sines in bf16; the turn itself is computed in fp32 and rounded once.
#pragma once
#include "tiles.cuh"

struct RotaryTable {
  const bf16 *cos, *sin;  // [T, D/2], or [B, T, D/2] with the distance between batch rows in `batch`
  int64 batch;
  __device__ int64 row(int b, int t) const { return b * batch + (int64)t * (D / 2); }
};

// Turns the pair (x, y) of channels by the angle with cosine c and sine s.
__device__ __forceinline__ void turn(float& x, float& y, float c, float s) {
  float turned = x * c - y * s;
  y = y * c + x * s;
  x = turned;
}

// Turns two neighbouring channels in each of the two halves.
__device__ __forceinline__ void turn_pairs(unsigned& x, unsigned& y, unsigned c, unsigned s) {
  float x0 = low(x), x1 = high(x), y0 = low(y), y1 = high(y);
  turn(x0, y0, low(c), low(s));
  turn(x1, y1, high(c), high(s));
  x = pack(x0, x1);
  y = pack(y0, y1);
}

__device__ __forceinline__ void turn_vectors(uint4& x, uint4& y, const uint4& c, const uint4& s) {
  turn_pairs(x.x, y.x, c.x, s.x);
  turn_pairs(x.y, y.y, c.y, s.y);
  turn_pairs(x.z, y.z, c.z, s.z);
  turn_pairs(x.w, y.w, c.w, s.w);
}

// Turns the 64 rows of a tile where they lie.
template <int Threads>
__device__ __forceinline__ void turn_tile(bf16* tile, const RotaryTable& table, int b, int token, int count) {
  constexpr int Vectors = D / 16;
#pragma unroll
  for (int i = threadIdx.x; i < Chunk * Vectors; i += Threads) {
    const int row = i / Vectors, column = i % Vectors * 8;
    if (row >= count) continue;
    const int64 angle = table.row(b, token + row) + column;
    const uint4 c = *(const uint4*)(table.cos + angle), s = *(const uint4*)(table.sin + angle);
    uint4 *first = (uint4*)(tile + row * Pitch + column), *second = (uint4*)(tile + row * Pitch + column + D / 2);
    uint4 x = *first, y = *second;
    turn_vectors(x, y, c, s);
    *first = x;
    *second = y;
  }
}

// Turns the rows of a warp where they lie.
__device__ __forceinline__ void turn_rows(const WarpRows& rows, const RotaryTable& table, int b, int token, int tokens, const Lane& me) {
  constexpr int Vectors = D / 16;
  __syncwarp();
#pragma unroll
  for (int i = 0; i < Steps / 2; i++) {
    const int row = (i * 32 + me.lane) / Vectors, column = me.lane % Vectors * 8, t = token + row;
    if (t >= tokens) continue;
    const int64 angle = table.row(b, t) + column;
    const uint4 c = *(const uint4*)(table.cos + angle), s = *(const uint4*)(table.sin + angle);
    uint4 *first = (uint4*)(rows.tile + row * Pitch + column), *second = (uint4*)(rows.tile + row * Pitch + column + D / 2);
    uint4 x = *first, y = *second;
    turn_vectors(x, y, c, s);
    *first = x;
    *second = y;
  }
  __syncwarp();
}

// Turns the rows of an accumulator [16 × D] back in fp32 and writes them, times `scale`.
__device__ __forceinline__ void store_turned_back(const View& to, float (&c)[D / 8][4], const RotaryTable& table, int b, int token, int head,
                                                  int tokens, float scale, const WarpRows& rows, const Lane& me) {
#pragma unroll
  for (int half = 0; half < 2; half++) {
    const int t = token + me.row + half * 8;
    if (t >= tokens) continue;
    const int64 angle = table.row(b, t) + me.column;
#pragma unroll
    for (int n = 0; n < D / 16; n++) {
      const unsigned cos = pair_at(table.cos + angle + n * 8), sin = pair_at(table.sin + angle + n * 8);
      turn(c[n][2 * half], c[n + D / 16][2 * half], low(cos), -low(sin));
      turn(c[n][2 * half + 1], c[n + D / 16][2 * half + 1], high(cos), -high(sin));
    }
  }
  rows.put(c, scale, scale, false, me);
  rows.store(to, b, token, head, tokens, me);
}
