// The block of threads that goes back through one chunk: where its tiles lie, its scores, and the products that its warps make of them.
// Notation as in gated_linear_attention_backward.cuh.
#pragma once
#include "gated_keys.cuh"

constexpr int ScorePitch = Chunk + 8;
constexpr int BackwardThreads = 4 * D;             // a warp has 32 channels of 16 tokens; a thread has one channel of 16
constexpr int Groups = BackwardThreads / 32 / Blocks;
constexpr int Fragments = 4;                       // of eight channels

struct BackwardBlock {
  const RecurrenceParams& p;
  const Lane me;
  const Place at;
  Keys keys;
  bf16 *rebased, *values, *state, *queries, *grads, *scores, *score_grads;
  float *wide, *sum_grads;  // wide: fp32 tile in the place of queries and grads
  Shift* shifts;            // of the head's queries
  int block, group, column;  // the warp's block of 16 tokens, its group and first channel
  int own, channel;          // the thread's first token and channel inside blocks

  __device__ BackwardBlock(const RecurrenceParams& p) : p(p), at(p), keys(shared_memory()) {
    rebased = (bf16*)(shared_memory() + Keys::Bytes);
    values = rebased + RebasedRows * Pitch;
    state = values + Chunk * Pitch;
    queries = state + D * Pitch;
    grads = queries + Chunk * Pitch;
    wide = (float*)queries;
    scores = grads + Chunk * Pitch;
    score_grads = scores + Chunk * ScorePitch;
    sum_grads = (float*)(score_grads + Chunk * ScorePitch);
    shifts = (Shift*)(sum_grads + Chunk * GatePitch);
    group = me.warp / Blocks;
    block = (me.warp + group) % Blocks;  // every scheduler of the multiprocessor gets some of each
    column = group * 32;
    own = threadIdx.x / D * Block;
    channel = threadIdx.x % D;
  }

  __device__ const bf16* query(int t, int head) const { return p.q.at(at.b, at.token + t, head); }

  // q̂ since the base of its block, or the flat chunk's start, and ∂o.
  template <bool Flat>
  __device__ void load_queries(int head) {
    copy_tile<BackwardThreads>(grads, p.o, at.b, at.token, head, at.count);
#pragma unroll
    for (int t = me.warp * 4 + me.lane / 8; t < Chunk; t += BackwardThreads / 8) {
      float x[Wide] = {}, g[Wide], base[Wide] = {};
      if (t < at.count) load_wide(x, query(t, head), me.lane);
      load_wide(g, keys.sums + t * GatePitch, me.lane);
      if (!Flat && t >= Block) load_wide(base, keys.sums + (t / Block * Block - 1) * GatePitch, me.lane);
      Shift shift = {};
      if (GATE != GATE_GIVEN) {
        shift = octet_shift(x);
        if ((me.lane & 7) == 0) shifts[t] = shift;
      }
#pragma unroll
      for (int i = 0; i < Wide; i++) x[i] = Flat ? query_feature(x[i], shift, g[i]) : query_feature(x[i], shift) * decay(g[i], base[i]);
      store_wide(queries + t * Pitch, x, me.lane);
    }
    wait_copies();
  }

  __device__ void store_scores(bf16* to, const float (&s)[2][4], int n) {
#pragma unroll
    for (int m = 0; m < 2; m++)
#pragma unroll
      for (int half = 0; half < 2; half++) {
        const int t = block * Block + me.row + half * 8, j = n * Block + m * 8 + me.column, document = keys.documents[t];
        set_pair(to + t * ScorePitch + j, j <= t && document == keys.documents[j] ? s[m][2 * half] * p.weight : 0.0f,
                 j + 1 <= t && document == keys.documents[j + 1] ? s[m][2 * half + 1] * p.weight : 0.0f);
      }
  }

  // Half of the warps: dP; the other half: P.
  template <bool Flat>
  __device__ void compute_scores(int h) {
    const bool gradient = group < Groups / 2;
    const int step = Groups / 2, from = group % step;
    for (int n = from; n < block + (Flat || gradient ? 1 : 0); n += step) {
      float s[2][4];
      clear(s);
#pragma unroll
      for (int k = 0; k < Steps; k++) {
        unsigned a[4], b[4];
        load_a(a, gradient ? grads : queries, Pitch, block * Block, k * 16, me.lane);
        load_b(b, gradient ? values : rebased, Pitch, k * 16, (Flat || gradient ? 0 : Keys::rebased_row(block)) + n * Block, me.lane);
        multiply(s[0], a, b[0], b[1]);
        multiply(s[1], a, b[2], b[3]);
      }
      store_scores(gradient ? score_grads : scores, s, n);
    }
    if (Flat || group != Groups - 1) return;
    const int t = block * Block + (me.lane >> 1), j = (me.lane & 1) * 8;
    const bf16* own = p.diagonals + ((at.index * at.group + h) * Chunk + t) * DiagonalPitch + j;
#pragma unroll
    for (int i = 0; i < 8; i += 2) {
      const unsigned pair = t < at.count ? pair_at(own + i) : 0u;
      set_pair(scores + t * ScorePitch + block * Block + j + i, low(pair) * p.weight, high(pair) * p.weight);
    }
  }

  // acc[16 × 32] += a · tile's rows from k
  __device__ void add_product(float (&acc)[Fragments][4], const unsigned (&a)[4], const bf16* tile, int k) {
#pragma unroll
    for (int n = 0; n < Fragments / 2; n++) {
      unsigned b[4];
      load_b_transposed(b, tile, Pitch, k, column + n * 16, me.lane);
      multiply(acc[2 * n], a, b[0], b[1]);
      multiply(acc[2 * n + 1], a, b[2], b[3]);
    }
  }

  // acc[16 × 32] += rows of a tile · matrixᵀ
  __device__ void add_product_transposed(float (&acc)[Fragments][4], const bf16* tile, const bf16* matrix) {
#pragma unroll
    for (int k = 0; k < Steps; k++) {
      unsigned a[4];
      load_a(a, tile, Pitch, block * Block, k * 16, me.lane);
#pragma unroll
      for (int n = 0; n < Fragments / 2; n++) {
        unsigned b[4];
        load_b(b, matrix, Pitch, k * 16, column + n * 16, me.lane);
        multiply(acc[2 * n], a, b[0], b[1]);
        multiply(acc[2 * n + 1], a, b[2], b[3]);
      }
    }
  }

  // Token of a half of the fragments and first channel of fragment n.
  __device__ int token(int half) const { return block * Block + me.row + half * 8; }
  __device__ int pair_channel(int n) const { return column + n * 8 + me.column; }

  __device__ void store_tile(const float (&x)[Fragments][4]) {
#pragma unroll
    for (int n = 0; n < Fragments; n++)
#pragma unroll
      for (int half = 0; half < 2; half++)
        *(float2*)(wide + token(half) * GatePitch + pair_channel(n)) = make_float2(x[n][2 * half], x[n][2 * half + 1]);
  }
};
