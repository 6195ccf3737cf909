// What the kernels of the gated recurrence share: feature maps, gates and their running sums over a chunk.
//
// GATE selects them (base-2 logarithms inside, so that decays are exp2):
//   GATE_GLA    q̂ = softmax(q), k̂ = softmax(k), g = log σ(k) / τ
//   GATE_HGRN2  q̂ = softmax(q), k̂ = 1 − σ(k),   g = log σ(k) / τ  (τ = 1 in the published model)
//   GATE_GIVEN  q̂ = q, k̂ = k, g given in fp32
//
// G_t is the sum of g from the chunk's first token, or the first one of t's document inside the chunk, up to and with t. Decays appear only
// as exp2(min(G_i − G_j, 0)) with j ≤ i; where documents differ the pair is masked.
//
// A chunk is flat where it lies in one document and no channel fades by more than 2^−100 in it: then exp2(G_i) and exp2(−G_j) are numbers of
// bf16's range themselves, and every score of the chunk is a product of q̂_i exp2(G_i) and k̂_j exp2(−G_j).
#pragma once
#include "tiles.cuh"

#define GATE_GLA 0
#define GATE_HGRN2 1
#define GATE_GIVEN 2
#ifndef GATE
#define GATE GATE_GLA
#endif

constexpr int GatePitch = D + 8;           // of fp32 tiles
constexpr int Blocks = Chunk / Block;      // query blocks of a chunk
constexpr int RebasedRows = Block * Blocks * (Blocks - 1) / 2;
constexpr int DiagonalPitch = Block;       // of the scores of a query block with itself, in global memory

struct RecurrenceParams {
  View q, k, v, o;      // o: the output, or in backward its gradient
  View dq, dk, dv;
  const float* g;       // GATE_GIVEN: [B,T,Hkv,D] with the four distances below
  int64 g_batch, g_token, g_head, g_channel;
  float* dg;            // GATE_GIVEN: [B,T,Hkv,D]
  const int64* documents;  // [B,T], or null
  const float* initial;    // [B,Hkv,D,D], or null for zero: the state before; in backward the gradient of the state after
  float* final;            // [B,Hkv,D,D], or null: the state after; in backward the gradient of the state before
  const float* last;       // [B,Hkv,D,D]: the state after, where its gradient is given; else null
  bf16 *states, *grads;    // [B,Hkv,N,D,D]: what each chunk adds, then the state it starts from; the same of the state's gradient
  float* totals;           // [B,Hkv,N,D]: base-2 log-decay of each chunk, −∞ where it starts a document that the next one goes on with
  float* borders;          // [B,Hkv,N,D]: Σ_v S_vd ∂S_vd at the end of each chunk
  bf16* diagonals;         // [B,Hkv,N,R,64,16]: scores of each block of 16 tokens with itself
  int tokens, heads, kv_heads, chunks;
  float weight;            // of the output
  float inverse_divisor;   // 1/τ
  int add;                 // whether outputs and gradients are added to what is there
};

// Where this block of threads works.
struct Place {
  int chunk, kv_head, b, token, count, group;
  int64 index;  // of (b, kv_head, chunk)
  __device__ Place(const RecurrenceParams& p)
      : chunk(blockIdx.x), kv_head(blockIdx.y), b(blockIdx.z), token(chunk * Chunk), count(p.tokens - token < Chunk ? p.tokens - token : Chunk),
        group(p.heads / p.kv_heads), index(((int64)b * p.kv_heads + kv_head) * p.chunks + chunk) {}
};

// Brings the rows of a chunk near, for `heads` heads from one on.
template <int Threads>
__device__ __forceinline__ void prefetch_rows(const View& from, const Place& at, int head, int heads) {
  constexpr int Lines = D / 64;
  for (int h = head; h < head + heads; h++)
    for (int i = threadIdx.x; i < at.count * Lines; i += Threads) prefetch(from.at(at.b, at.token + i / Lines, h) + i % Lines * 64);
}

// exp2((x − top) · log2(e) − logarithm) is the softmax.
struct Shift {
  float top, logarithm;
  __device__ float operator()(float x) const { return exp2_fast((x - top) * Log2E - logarithm); }
};

template <int N>
__device__ __forceinline__ float largest(const float (&x)[N]) {
  float top = x[0];
#pragma unroll
  for (int i = 1; i < N; i++) top = fmaxf(top, x[i]);
  return top;
}

__device__ __forceinline__ Shift octet_shift(const float (&x)[Wide]) {
  const float top = octet_max(largest(x));
  float sum = 0.0f;
#pragma unroll
  for (int i = 0; i < Wide; i++) sum += exp2_fast((x[i] - top) * Log2E);
  return {top, log2_fast(octet_sum(sum))};
}

// The same of a row that the four lanes of a quad hold.
template <int N>
__device__ __forceinline__ Shift quad_shift(const float (&x)[N]) {
  const float top = quad_max(largest(x));
  float sum = 0.0f;
#pragma unroll
  for (int i = 0; i < N; i++) sum += exp2_fast((x[i] - top) * Log2E);
  return {top, log2_fast(quad_sum(sum))};
}

__device__ __forceinline__ float query_feature(float x, const Shift& shift) { return GATE == GATE_GIVEN ? x : shift(x); }

__device__ __forceinline__ float sigmoid(float x) { return 1.0f / (1.0f + exp2_fast(-x * Log2E)); }

__device__ __forceinline__ float key_feature(float x, const Shift& shift) {
  if (GATE == GATE_GLA) return shift(x);
  if (GATE == GATE_HGRN2) return sigmoid(-x);
  return x;
}

// The features times 2^g, in one exponential where the feature is one.
__device__ __forceinline__ float query_feature(float x, const Shift& shift, float g) {
  return GATE == GATE_GIVEN ? x * exp2_fast(g) : exp2_fast((x - shift.top) * Log2E - shift.logarithm + g);
}

__device__ __forceinline__ float key_feature(float x, const Shift& shift, float g) {
  return GATE == GATE_GLA ? exp2_fast((x - shift.top) * Log2E - shift.logarithm + g) : key_feature(x, shift) * exp2_fast(g);
}

__device__ __forceinline__ float decay(float later, float earlier) { return exp2_fast(fminf(later - earlier, 0.0f)); }

// A chunk's raw keys, the statistics of their softmax, its documents and the sums G. Rows past the end are zero and keep G as it is.
struct Keys {
  bf16* raw;       // [64][Pitch]
  float* sums;     // [64][GatePitch]
  Shift* shifts;   // [64]
  int* documents;  // [64] and the one of the token before; all zero where there are none. Then 0 where the chunk is flat
  static constexpr float FlatDecay = 100.0f;
  static constexpr int Bytes = Chunk * Pitch * 2 + Chunk * GatePitch * 4 + Chunk * 8 + (Chunk + 4) * 4;

  __device__ Keys(char* memory) {
    sums = (float*)memory;
    raw = (bf16*)(sums + Chunk * GatePitch);
    shifts = (Shift*)(raw + Chunk * Pitch);
    documents = (int*)(shifts + Chunk);
  }

  __device__ float feature(int t, int d) const { return key_feature(widen(raw[t * Pitch + d]), shifts[t]); }
  __device__ float sum(int t, int d) const { return sums[t * GatePitch + d]; }
  __device__ float2 sum_pair(int t, int d) const { return *(const float2*)(sums + t * GatePitch + d); }
  __device__ int before() const { return documents[Chunk]; }
  __device__ int last() const { return documents[Chunk - 1]; }
  __device__ bool flat() const { return documents[Chunk + 1] == 0; }
  __device__ bool continues(int t) const { return documents[t] == before(); }
  __device__ bool reaches_end(int t) const { return documents[t] == last(); }

  // Every thread of the block calls begin and later load, which ends with a barrier; what is copied in between may still be on its way.
  template <int Threads>
  __device__ void begin(const RecurrenceParams& p, const Place& at) const {
    copy_tile<Threads>(raw, p.k, at.b, at.token, at.kv_head, at.count);
    close_copies();
  }

  template <int Threads>
  __device__ void load(const RecurrenceParams& p, const Place& at) {
    close_copies();
    for (int t = threadIdx.x; t <= Chunk; t += Threads) {
      int from = t == Chunk ? (at.chunk > 0 ? at.token - 1 : 0) : at.token + (t < at.count ? t : at.count - 1);
      documents[t] = p.documents == nullptr ? 0 : (int)p.documents[(int64)at.b * p.tokens + from];
    }
    if (threadIdx.x == 0) documents[Chunk + 1] = 0;
    wait_first_copies();
    __syncthreads();
    const Lane me;
    if (GATE == GATE_GLA) {
#pragma unroll
      for (int t = me.warp * 4 + me.lane / 8; t < Chunk; t += Threads / 8) {
        float x[Wide];
        load_wide(x, raw + t * Pitch, me.lane);
        const Shift shift = octet_shift(x);
        if ((me.lane & 7) == 0) shifts[t] = shift;
      }
    }
    const int d = threadIdx.x % D;
#pragma unroll 8
    for (int t = threadIdx.x / D; t < Chunk; t += Threads / D) {
      float g;
      if (GATE == GATE_GIVEN)
        g = p.g[at.b * p.g_batch + (at.token + (t < at.count ? t : 0)) * p.g_token + at.kv_head * p.g_head + d * p.g_channel] * Log2E;
      else
        g = log2_sigmoid(widen(raw[t * Pitch + d])) * p.inverse_divisor;
      sums[t * GatePitch + d] = t < at.count ? g : 0.0f;
    }
    __syncthreads();
    if (threadIdx.x < D) {
      float sum = 0.0f;
      bool starts = false;
      for (int block = 0; block < Blocks; block++) {
        float g[Block];
#pragma unroll
        for (int i = 0; i < Block; i++) g[i] = sums[(block * Block + i) * GatePitch + d];
#pragma unroll
        for (int i = 0; i < Block; i++) {
          const int t = block * Block + i;
          if (p.documents != nullptr && t > 0 && documents[t] != documents[t - 1]) sum = 0.0f, starts = true;
          sum += g[i];
          sums[t * GatePitch + d] = sum;
        }
      }
      if (starts || !(sum >= -FlatDecay)) documents[Chunk + 1] = 1;
    }
    __syncthreads();
  }

  // What is left of a key at the end of the chunk; nothing of other documents' keys.
  __device__ float to_end(int t, int d) const { return reaches_end(t) ? decay(sum(Chunk - 1, d), sum(t, d)) : 0.0f; }
  // Base of the exponents of a query block: G at the last token before it; the first block has none.
  __device__ float2 base_pair(int block, int d) const { return block == 0 ? make_float2(0.0f, 0.0f) : sum_pair(block * Block - 1, d); }
  __device__ float base(int block, int d) const { return block == 0 ? 0.0f : sum(block * Block - 1, d); }
  // What is left at a token of what was there at the base of its block.
  __device__ float since_base(int t, int d) const { return decay(sum(t, d), base(t / Block, d)); }

  // k̂ at the end of the chunk, as a tile.
  template <int Threads>
  __device__ void decay_to_end(bf16* tile) const {
#pragma unroll 8
    for (int i = threadIdx.x; i < Chunk * (D / 2); i += Threads) {
      const int t = i / (D / 2), d = i % (D / 2) * 2;
      set_pair(tile + t * Pitch + d, feature(t, d) * to_end(t, d), feature(t, d + 1) * to_end(t, d + 1));
    }
  }

  // k̂_j exp2(base of block a − G_j) for the keys before each block a > 0, one after another: block a's begin at row 8·a·(a − 1).
  template <int Threads>
  __device__ void rebase(bf16* rebased) const {
#pragma unroll 8
    for (int i = threadIdx.x; i < RebasedRows * (D / 2); i += Threads) {
      const int row = i / (D / 2), d = i % (D / 2) * 2;
      const int a = row < Block ? 1 : row < 3 * Block ? 2 : 3, j = row - rebased_row(a);
      const float2 to = base_pair(a, d), from = sum_pair(j, d);
      set_pair(rebased + row * Pitch + d, feature(j, d) * decay(to.x, from.x), feature(j, d + 1) * decay(to.y, from.y));
    }
  }

  // k̂_j exp2(−G_j), as a tile: of a flat chunk.
  template <int Threads>
  __device__ void flatten(bf16* tile) const {
#pragma unroll 8
    for (int i = threadIdx.x; i < Chunk * (D / 2); i += Threads) {
      const int t = i / (D / 2), d = i % (D / 2) * 2;
      const unsigned x = pair_at(raw + t * Pitch + d);
      const float2 g = sum_pair(t, d);
      set_pair(tile + t * Pitch + d, key_feature(low(x), shifts[t], -g.x), key_feature(high(x), shifts[t], -g.y));
    }
  }

  // Puts e^{g_t} in the place of the sums G_t; nothing else of them is of use afterwards.
  template <int Threads>
  __device__ void turn_to_steps() const {
    constexpr int Mine = Chunk * D / Threads, Rows = Threads / D;
    const int d = threadIdx.x % D, row = threadIdx.x / D;
    float steps[Mine];
#pragma unroll
    for (int i = 0; i < Mine; i++) {
      const int t = i * Rows + row;
      steps[i] = t == 0 ? 1.0f : decay(sum(t, d), sum(t - 1, d));
    }
    __syncthreads();
#pragma unroll
    for (int i = 0; i < Mine; i++) sums[(i * Rows + row) * GatePitch + d] = steps[i];
    __syncthreads();
  }

  static __device__ int rebased_row(int a) { return Block * a * (a - 1) / 2; }
};
