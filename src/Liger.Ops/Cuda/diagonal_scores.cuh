// Scores inside blocks of 16 tokens where no exponent of theirs can be taken apart: see gated_keys.cuh on flat chunks.
#pragma once
#include "gated_keys.cuh"

// Scores of a block of 16 tokens with itself: for each query token a product [16 keys × D] · [D × 8 columns] whose left operand holds the
// keys decayed up to that token, and whose columns are eight heads, or four heads of this token and the next where a group has no more.
// Two warps share a block: eight query tokens each.
__device__ __forceinline__ void diagonal_scores(const RecurrenceParams& p, const Place& at, const Keys& keys, const Lane& me) {
  const int block = me.warp & 3, first = block * Block, part = me.warp >> 2;
  const bool two = at.group <= 4;
  unsigned queries[Steps][2];
  float scale = 1.0f;
  float left[Steps][8];
#pragma unroll
  for (int k = 0; k < Steps; k++)
#pragma unroll
    for (int i = 0; i < 8; i++)
      left[k][i] = keys.feature(first + me.row + (i >> 1 & 1) * 8, k * 16 + me.column + (i >> 2) * 8 + (i & 1));
  for (int i = 0; i < Block / 2 * (part + 1) && first + i < at.count; i++) {
    const int t = first + i;
    // A key is decayed from the token after it on; what stands for later keys is masked below.
    const float* steps = keys.sums + t * GatePitch + me.column;
#pragma unroll
    for (int k = 0; k < Steps; k++)
#pragma unroll
      for (int r = 0; r < 2; r++) {
        const float2 step = *(const float2*)(steps + k * 16 + r * 8);
        if (i > me.row) left[k][4 * r] *= step.x, left[k][4 * r + 1] *= step.y;
        if (i > me.row + 8) left[k][4 * r + 2] *= step.x, left[k][4 * r + 3] *= step.y;
      }
    if (i < part * Block / 2) continue;
    for (int h0 = 0; h0 < at.group; h0 += 8) {
      if (!two || (i & 1) == 0) {
        const int h = two ? me.row & 3 : h0 + me.row, now = two ? t + (me.row >> 2) : t;
        const bf16* q = p.q.at(at.b, at.token + (now < at.count ? now : t), at.kv_head * at.group + (h < at.group ? h : 0)) + me.column;
        float x[Steps * 4];
#pragma unroll
        for (int k = 0; k < Steps; k++) {
          const unsigned near = pair_at(q + k * 16), far = pair_at(q + k * 16 + 8);
          x[4 * k] = low(near), x[4 * k + 1] = high(near), x[4 * k + 2] = low(far), x[4 * k + 3] = high(far);
        }
        if (GATE != GATE_GIVEN) {
          const float top = quad_max(largest(x)) * Log2E;
          float sum = 0.0f;
#pragma unroll
          for (int n = 0; n < Steps * 4; n++) sum += x[n] = exp2_fast(x[n] * Log2E - top);
          scale = 1.0f / quad_sum(sum);
        }
#pragma unroll
        for (int k = 0; k < Steps; k++) queries[k][0] = pack(x[4 * k], x[4 * k + 1]), queries[k][1] = pack(x[4 * k + 2], x[4 * k + 3]);
      }
      float c[4] = {0.0f, 0.0f, 0.0f, 0.0f};
#pragma unroll
      for (int k = 0; k < Steps; k++) {
        const float* y = left[k];
        const unsigned a[4] = {pack(y[0], y[1]), pack(y[2], y[3]), pack(y[4], y[5]), pack(y[6], y[7])};
        multiply(c, a, queries[k][0], queries[k][1]);
      }
#pragma unroll
      for (int r = 0; r < 4; r++) {
        const int j = me.row + (r >> 1) * 8, column = me.column + (r & 1), head = two ? column & 3 : h0 + column;
        const float factor = lane_at(scale, column * 4);
        const bool seen = j <= i && keys.documents[first + j] == keys.documents[t];
        if (head < at.group && (!two || column >> 2 == (i & 1)))
          p.diagonals[((at.index * at.group + head) * Chunk + t) * DiagonalPitch + j] = narrow(seen ? c[r] * factor : 0.0f);
      }
    }
  }
}
