// The five blocks of 16 keys that a block of 16 queries can see through a window of up to 65 tokens, all at once: every score is there
// before the softmax, and no product waits for another.
#pragma once
#include "window_tiles.cuh"

struct NearKeys {
  static constexpr int Count = 5;  // windows up to (Count − 1) · Block + 1, no sinks
  const WindowParams& p;
  const KeyStore& store;
  const int row0, key0, row, last;  // first query, first key, the first key's row in the store, the last block that is there

  // Where a row of tiles begins, fewer blocks lie before the queries.
  __device__ NearKeys(const WindowParams& p, const KeyStore& store, const KeyTiles& tiles, int row0)
      : p(p), store(store), row0(row0), key0(row0 - (Count - 1) * Block > tiles.first * Chunk ? row0 - (Count - 1) * Block : tiles.first * Chunk),
        row(key0 - tiles.first * Chunk), last((row0 - key0) / Block) {}

  // s[16 × 80] += the 16 rows of a tile · keys or values, transposed.
  __device__ void multiply_all(float (&s)[Count][2][4], const bf16* left, const bf16* tiles, const Lane& me) const {
#pragma unroll
    for (int k = 0; k < Steps; k++) {
      unsigned a[4];
      load_a(a, left, Pitch, 0, k * 16, me.lane);
#pragma unroll
      for (int m = 0; m < Count; m++) {
        unsigned b[4];
        load_b(b, tiles + row * Pitch, Pitch, k * 16, m * Block, me.lane);
        multiply(s[m][0], a, b[0], b[1]);
        multiply(s[m][1], a, b[2], b[3]);
      }
    }
  }

  // −∞ in the place of what is not seen, or not there.
  __device__ void hide_unseen(float (&s)[Count][2][4], const Lane& me) const {
#pragma unroll
    for (int m = 0; m < Count; m++)
      if (!all_visible(p, row0, key0 + m * Block))
        hide<false>(s[m], p, row0, store.query_documents() + row0 % Chunk, key0 + m * Block, store.documents(0) + row + m * Block, me);
  }

  // o[16 × D] += weights · keys or values
  __device__ void add_products(float (&o)[D / 8][4], const float (&weights)[Count][2][4], const bf16* tiles, const Lane& me) const {
#pragma unroll
    for (int m = 0; m < Count; m++)
      if (m <= last) accumulate(o, weights[m][0], weights[m][1], tiles + row * Pitch, m * Block, me.lane);
  }

  // Softmax attention of the rows: the output before the division by the sums, and per half of the rows the largest score and the sum.
  __device__ void attend(float (&o)[D / 8][4], float (&highest)[2], float (&sum)[2], const WarpRows& queries, float scale, const Lane& me) const {
    float s[Count][2][4] = {};
    multiply_all(s, queries.tile, store.keys(0), me);
    hide_unseen(s, me);
#pragma unroll
    for (int half = 0; half < 2; half++) {
      float top = -INFINITY;
#pragma unroll
      for (int n = 0; n < 4 * Count; n++) top = fmaxf(top, s[n / 4][n / 2 % 2][2 * half + n % 2]);
      highest[half] = quad_max(top) * scale;
      // A row past the end sees nothing.
      const float reference = highest[half] == -INFINITY ? 0.0f : highest[half];
#pragma unroll
      for (int n = 0; n < 4 * Count; n++) {
        float& x = s[n / 4][n / 2 % 2][2 * half + n % 2];
        x = exp2_fast(x * scale - reference);
        sum[half] += x;
      }
    }
    add_products(o, s, store.values(0), me);
  }

  // The gradient of the turned queries but for a factor, and delta.
  __device__ void go_back(float (&dq)[D / 8][4], float (&delta)[2], const WarpRows& queries, const WarpRows& grads, const float (&lse)[2], float scale,
                          const Lane& me) const {
    unsigned weights[Count][2][2];  // of two neighbouring keys; in bf16, to leave room for all of their gradients
    {
      float s[Count][2][4] = {};
      multiply_all(s, queries.tile, store.keys(0), me);
      hide_unseen(s, me);
#pragma unroll
      for (int n = 0; n < 4 * Count; n++) {
        const float* x = &s[n / 4][n / 2 % 2][n % 2 * 2];
        weights[n / 4][n / 2 % 2][n % 2] = pack(exp2_fast(x[0] * scale - lse[n % 2]), exp2_fast(x[1] * scale - lse[n % 2]));
      }
    }
    float ds[Count][2][4] = {};
    multiply_all(ds, grads.tile, store.values(0), me);
#pragma unroll
    for (int half = 0; half < 2; half++) {
#pragma unroll
      for (int n = 0; n < 2 * Count; n++) {
        const unsigned weight = weights[n / 2][n % 2][half];
        float *x = &ds[n / 2][n % 2][2 * half], *y = x + 1;
        // What is not there may hold anything.
        *x = weight << 16 == 0 ? 0.0f : *x, *y = weight >> 16 == 0 ? 0.0f : *y;
        delta[half] += low(weight) * *x + high(weight) * *y;
      }
      delta[half] = quad_sum(delta[half]);
#pragma unroll
      for (int n = 0; n < 2 * Count; n++) {
        const unsigned weight = weights[n / 2][n % 2][half];
        float *x = &ds[n / 2][n % 2][2 * half], *y = x + 1;
        *x = low(weight) * (*x - delta[half]), *y = high(weight) * (*y - delta[half]);
      }
    }
    add_products(dq, ds, store.keys(0), me);
  }
};
