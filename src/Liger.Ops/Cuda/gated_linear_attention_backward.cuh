// The backward kernels of gated_linear_attention.cu. With P_ij = q̂_i · diag(e^{G_i − G_j}) k̂_j, S the state the chunk starts from, Z the
// gradient of the one it ends with, E the chunk's last token and ∂o times the weight:
//   dP_ij = ∂o_i · v_j
//   dv_j  = Σ_i P_ij ∂o_i + Zᵀ (e^{G_E − G_j} ⊙ k̂_j)
//   dq̂_i = Σ_j dP_ij e^{G_i − G_j} ⊙ k̂_j + e^{G_i} ⊙ (S ∂o_i)
//   dk̂_j = Σ_i dP_ij e^{G_i − G_j} ⊙ q̂_i + e^{G_E − G_j} ⊙ (Z v_j)
//   dG_i  = q̂_i ⊙ dq̂_i − k̂_i ⊙ dk̂_i,  dg_t = Σ_{i ≥ t} dG_i + Σ_v S'_v Z_v  with S' the state at the end
#pragma once
#include "gated_keys.cuh"

constexpr int ScorePitch = Chunk + 8;
constexpr int BackwardThreads = 4 * D;             // a warp has 32 channels of 16 tokens; a thread has one channel of 16
constexpr int Groups = BackwardThreads / 32 / Blocks;
constexpr int Fragments = 4;                       // of eight channels

KERNEL __launch_bounds__(Threads, 2) recurrence_gradient_contributions(const RecurrenceParams p) {
  const Lane me;
  const Place at(p);
  char* memory = shared_memory();
  Keys keys(memory);
  bf16* queries = (bf16*)(memory + Keys::Bytes);
  bf16* grads = queries + Chunk * Pitch;  // of one head, and of the next on its way
  prefetch_rows<Threads>(p.q, at, at.kv_head * at.group, at.group);
  prefetch_rows<Threads>(p.o, at, at.kv_head * at.group, at.group);
  copy_tile<Threads>(grads, p.o, at.b, at.token, at.kv_head * at.group, at.count);
  keys.load<Threads>(p, at);
  float acc[Columns / 8][4];
  clear(acc);
  for (int h = 0; h < at.group; h++) {
    const int head = at.kv_head * at.group + h;
    if (h > 0) __syncthreads();
#pragma unroll
    for (int t = me.warp * 4 + me.lane / 8; t < Chunk; t += Threads / 8) {
      float x[Wide] = {}, g[Wide];
      if (t < at.count) load_wide(x, p.q.at(at.b, at.token + t, head), me.lane);
      load_wide(g, keys.sums + t * GatePitch, me.lane);
      Shift shift = {};
      if (GATE != GATE_GIVEN) shift = octet_shift(x);
      const bool kept = t < at.count && keys.continues(t);
#pragma unroll
      for (int i = 0; i < Wide; i++) x[i] = kept ? query_feature(x[i], shift) * exp2_fast(fminf(g[i], 0.0f)) : 0.0f;
      store_wide(queries + t * Pitch, x, me.lane);
    }
    wait_copies();
    __syncthreads();
    if (h + 1 < at.group) copy_tile<Threads>(grads + ((h + 1) & 1) * Chunk * Pitch, p.o, at.b, at.token, head + 1, at.count);
    outer_product(acc, queries, grads + (h & 1) * Chunk * Pitch, me);
  }
  store_square(p.grads + at.index * D * D, acc, p.weight, me);
}

// One block of threads for each chunk: heads of the group one after another, sums for keys and values in registers.
struct Backward {
  const RecurrenceParams& p;
  const Lane me;
  const Place at;
  Keys keys;
  bf16 *rebased, *values, *state, *queries, *grads, *scores, *score_grads;
  float *wide, *sum_grads;  // wide: fp32 tile in the place of queries and grads
  Shift* shifts;            // of the head's queries
  int block, group, column;  // the warp's block of 16 tokens, its group and first channel
  int own, channel;          // the thread's first token and channel inside blocks

  __device__ Backward(const RecurrenceParams& p) : p(p), at(p), keys(shared_memory()) {
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
    block = me.warp % Blocks;
    group = me.warp / Blocks;
    column = group * 32;
    own = threadIdx.x / D * Block;
    channel = threadIdx.x % D;
  }

  __device__ const bf16* query(int t, int head) const { return p.q.at(at.b, at.token + t, head); }

  // q̂ since the base of its block, and ∂o.
  __device__ void load_queries(int head) {
    copy_tile<BackwardThreads>(grads, p.o, at.b, at.token, head, at.count);
#pragma unroll
    for (int t = me.warp * 4 + me.lane / 8; t < Chunk; t += BackwardThreads / 8) {
      float x[Wide] = {}, g[Wide], base[Wide] = {};
      if (t < at.count) load_wide(x, query(t, head), me.lane);
      load_wide(g, keys.sums + t * GatePitch, me.lane);
      if (t >= Block) load_wide(base, keys.sums + (t / Block * Block - 1) * GatePitch, me.lane);
      Shift shift = {};
      if (GATE != GATE_GIVEN) {
        shift = octet_shift(x);
        if ((me.lane & 7) == 0) shifts[t] = shift;
      }
#pragma unroll
      for (int i = 0; i < Wide; i++) x[i] = query_feature(x[i], shift) * decay(g[i], base[i]);
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
  __device__ void compute_scores(int h) {
    const bool gradient = group < Groups / 2;
    const int step = Groups / 2, from = group % step;
    for (int n = from; n < block + (gradient ? 1 : 0); n += step) {
      float s[2][4];
      clear(s);
#pragma unroll
      for (int k = 0; k < Steps; k++) {
        unsigned a[4], b[4];
        load_a(a, gradient ? grads : queries, Pitch, block * Block, k * 16, me.lane);
        load_b(b, gradient ? values : rebased, Pitch, k * 16, (gradient ? 0 : Keys::rebased_row(block)) + n * Block, me.lane);
        multiply(s[0], a, b[0], b[1]);
        multiply(s[1], a, b[2], b[3]);
      }
      store_scores(gradient ? score_grads : scores, s, n);
    }
    if (group != Groups - 1) return;
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

  __device__ void add_value_gradients(float (&dv)[Fragments][4]) {
    for (int other = block; other < Blocks; other++) {
      unsigned a[4];
      load_a_transposed(a, scores, ScorePitch, block * Block, other * Block, me.lane);
      add_product(dv, a, grads, other * Block);
    }
  }

  __device__ void add_key_gradients(float (&dk)[Fragments][4]) {
    for (int other = block + 1; other < Blocks; other++) {
      float part[Fragments][4];
      clear(part);
      unsigned a[4];
      load_a_transposed(a, score_grads, ScorePitch, block * Block, other * Block, me.lane);
      add_product(part, a, queries, other * Block);
#pragma unroll
      for (int n = 0; n < Fragments; n++) {
        const float2 base = keys.base_pair(other, pair_channel(n));
#pragma unroll
        for (int half = 0; half < 2; half++) {
          const float2 g = keys.sum_pair(token(half), pair_channel(n));
          dk[n][2 * half] += part[n][2 * half] * decay(base.x, g.x);
          dk[n][2 * half + 1] += part[n][2 * half + 1] * decay(base.y, g.y);
        }
      }
    }
  }

  __device__ void compute_query_gradients(float (&dq)[Fragments][4]) {
    float part[Fragments][4];
    clear(part);
    for (int other = 0; other < block; other++) {
      unsigned a[4];
      load_a(a, score_grads, ScorePitch, block * Block, other * Block, me.lane);
      add_product(part, a, rebased, Keys::rebased_row(block) + other * Block);
    }
    clear(dq);
    add_product_transposed(dq, grads, state);
#pragma unroll
    for (int half = 0; half < 2; half++) {
      const float carried = keys.continues(token(half)) ? p.weight : 0.0f;
#pragma unroll
      for (int n = 0; n < Fragments; n++) {
        const float2 base = keys.base_pair(block, pair_channel(n)), g = keys.sum_pair(token(half), pair_channel(n));
        dq[n][2 * half] = part[n][2 * half] * decay(g.x, base.x) + dq[n][2 * half] * carried * exp2_fast(fminf(g.x, 0.0f));
        dq[n][2 * half + 1] = part[n][2 * half + 1] * decay(g.y, base.y) + dq[n][2 * half + 1] * carried * exp2_fast(fminf(g.y, 0.0f));
      }
    }
  }

  __device__ void store_tile(const float (&x)[Fragments][4]) {
#pragma unroll
    for (int n = 0; n < Fragments; n++)
#pragma unroll
      for (int half = 0; half < 2; half++)
        *(float2*)(wide + token(half) * GatePitch + pair_channel(n)) = make_float2(x[n][2 * half], x[n][2 * half + 1]);
  }

  // Inside blocks of 16 tokens a thread has one channel and takes every pair as it is.
  __device__ void load_own_queries(bf16 (&q)[Block], int head) {
    const bf16* from = query(0, head) + channel;
#pragma unroll
    for (int j = 0; j < Block; j++) q[j] = from[(int64)(own + j < at.count ? own + j : 0) * p.q.token];
  }

  __device__ void add_own_block(float (&dk)[Block], const bf16 (&q)[Block]) {
    float left[Block], features[Block];  // what is left of each key at the query in hand
#pragma unroll
    for (int j = 0; j < Block; j++) {
      features[j] = keys.feature(own + j, channel);
      left[j] = 1.0f;
    }
    float before = keys.sum(own, channel);
#pragma unroll
    for (int i = 0; i < Block; i++) {
      const int t = own + i;
      const float x = query_feature(widen(q[i]), shifts[t]), now = keys.sum(t, channel), step = decay(now, before);
      const unsigned* row = (const unsigned*)(score_grads + t * ScorePitch + own);
      float dq = wide[t * GatePitch + channel];
#pragma unroll
      for (int j = 0; j <= i; j++) {
        if (j < i) left[j] *= step;
        const float part = (j & 1 ? high(row[j / 2]) : low(row[j / 2])) * left[j];
        dq += part * features[j];
        dk[j] += part * x;
      }
      before = now;
      wide[t * GatePitch + channel] = dq;
      sum_grads[t * GatePitch + channel] += x * dq;
    }
  }

  // Rows of a head that wait in registers while the block meets: this thread's part of them, as they are.
  static constexpr int Rows = Chunk * 8 / BackwardThreads;
  struct Waiting {
    uint4 raw[Rows][Wide / 8], grad[Rows][Wide / 8];
  };

  __device__ static void unpack(float (&x)[Wide], const uint4 (&part)[Wide / 8]) {
#pragma unroll
    for (int o = 0; o < Wide / 8; o++) {
      const unsigned pairs[4] = {part[o].x, part[o].y, part[o].z, part[o].w};
#pragma unroll
      for (int i = 0; i < 8; i++) x[o * 8 + i] = i & 1 ? high(pairs[i / 2]) : low(pairs[i / 2]);
    }
  }

  // Number of an eight lanes' row.
  __device__ int row(int i) const { return i * (BackwardThreads / 8) + me.warp * 4 + me.lane / 8; }

  __device__ void load_waiting(Waiting& rows, const View& raw, const View& grad, int head) const {
#pragma unroll
    for (int i = 0; i < Rows; i++) {
      const int t = at.token + (row(i) < at.count ? row(i) : 0);
#pragma unroll
      for (int o = 0; o < Wide / 8; o++) {
        const int d = wide_channel(o * 8, me.lane);
        rows.raw[i][o] = *(const uint4*)(raw.at(at.b, t, head) + d);
        if (p.add) rows.grad[i][o] = *(const uint4*)(grad.at(at.b, t, head) + d);
      }
    }
  }

  __device__ void store_row(bf16* to, float (&x)[Wide], const uint4 (&waiting)[Wide / 8]) const {
    if (p.add) {
      float old[Wide];
      unpack(old, waiting);
#pragma unroll
      for (int i = 0; i < Wide; i++) x[i] += old[i];
    }
    store_wide(to, x, me.lane);
  }

  // Through the feature map.
  __device__ void store_query_gradients(const Waiting& rows, int head) {
#pragma unroll
    for (int i = 0; i < Rows; i++) {
      const int t = row(i);
      float grad[Wide], x[Wide];
      load_wide(grad, wide + t * GatePitch, me.lane);
      if (GATE != GATE_GIVEN) {
        unpack(x, rows.raw[i]);
        const Shift shift = shifts[t];
        float dot = 0.0f;
#pragma unroll
        for (int n = 0; n < Wide; n++) {
          x[n] = query_feature(x[n], shift);
          dot += x[n] * grad[n];
        }
        dot = octet_sum(dot);
#pragma unroll
        for (int n = 0; n < Wide; n++) grad[n] = x[n] * (grad[n] - dot);
      }
      if (t < at.count) store_row(p.dq.at(at.b, at.token + t, head), grad, rows.grad[i]);
    }
  }

  // What goes through the state the chunk ends with; its gradient lies where queries and grads were, the keys decayed to the end where
  // the chunk's first state was.
  __device__ void add_final_state(float (&dk)[Fragments][4], float (&dv)[Fragments][4]) {
    const bf16 *gradient = queries, *decayed = state;
#pragma unroll
    for (int k = 0; k < Steps; k++) {
      unsigned a[4];
      load_a(a, decayed, Pitch, block * Block, k * 16, me.lane);
      add_product(dv, a, gradient, k * 16);
    }
    float part[Fragments][4];
    clear(part);
    add_product_transposed(part, values, gradient);
#pragma unroll
    for (int n = 0; n < Fragments; n++)
#pragma unroll
      for (int i = 0; i < 4; i++) dk[n][i] += part[n][i] * keys.to_end(token(i >> 1), pair_channel(n) + (i & 1));
  }

  __device__ void store_value_gradients(const float (&dv)[Fragments][4]) {
    unsigned old[2][Fragments] = {};
#pragma unroll
    for (int half = 0; half < 2 && p.add; half++)
#pragma unroll
      for (int n = 0; n < Fragments; n++)
        old[half][n] = pair_at(p.dv.at(at.b, at.token + (token(half) < at.count ? token(half) : 0), at.kv_head) + pair_channel(n));
#pragma unroll
    for (int half = 0; half < 2; half++) {
      if (token(half) >= at.count) continue;
      bf16* out = p.dv.at(at.b, at.token + token(half), at.kv_head);
#pragma unroll
      for (int n = 0; n < Fragments; n++)
        set_pair(out + pair_channel(n), dv[n][2 * half] + low(old[half][n]), dv[n][2 * half + 1] + high(old[half][n]));
    }
  }

  __device__ void join_key_gradients(const float (&dk)[Block]) {
#pragma unroll
    for (int j = 0; j < Block; j++) {
      const int at = (own + j) * GatePitch + channel;
      const float grad = wide[at] + dk[j];
      wide[at] = grad;
      sum_grads[at] -= keys.feature(own + j, channel) * grad;
    }
  }

  // From the gradients of the sums G to those of g.
  __device__ void sum_gate_gradients() {
    if (threadIdx.x >= D) return;
    float sum = p.borders[at.index * D + channel];
    for (int from = Chunk - Block; from >= 0; from -= Block) {
      float g[Block];
#pragma unroll
      for (int i = 0; i < Block; i++) g[i] = sum_grads[(from + i) * GatePitch + channel];
#pragma unroll
      for (int i = Block - 1; i >= 0; i--) {
        const int t = from + i;
        if (p.documents != nullptr && t < Chunk - 1 && keys.documents[t] != keys.documents[t + 1]) sum = 0.0f;
        sum += g[i];
        sum_grads[t * GatePitch + channel] = sum;
      }
    }
  }

  __device__ void store_key_gradients(const Waiting& rows) {
#pragma unroll
    for (int i = 0; i < Rows; i++) {
      const int t = row(i);
      float grad[Wide], gate[Wide], raw[Wide];
      load_wide(grad, wide + t * GatePitch, me.lane);
      load_wide(gate, sum_grads + t * GatePitch, me.lane);
      load_wide(raw, keys.raw + t * Pitch, me.lane);
      if (GATE == GATE_GIVEN) {
        float* out = p.dg + (((int64)at.b * p.tokens + at.token + t) * p.kv_heads + at.kv_head) * D;
#pragma unroll
        for (int n = 0; n < Wide; n += 4)
          if (t < at.count) *(float4*)(out + wide_channel(n, me.lane)) = make_float4(gate[n], gate[n + 1], gate[n + 2], gate[n + 3]);
      } else {
        const Shift shift = GATE == GATE_GLA ? keys.shifts[t] : Shift{};
        float dot = 0.0f;
#pragma unroll
        for (int n = 0; n < Wide; n++) dot += key_feature(raw[n], shift) * grad[n];
        if (GATE == GATE_GLA) dot = octet_sum(dot);
#pragma unroll
        for (int n = 0; n < Wide; n++) {
          const float k = key_feature(raw[n], shift), forgotten = sigmoid(-raw[n]);
          grad[n] = (GATE == GATE_GLA ? k * (grad[n] - dot) : -k * sigmoid(raw[n]) * grad[n]) + gate[n] * forgotten * p.inverse_divisor;
        }
      }
      if (t < at.count) store_row(p.dk.at(at.b, at.token + t, at.kv_head), grad, rows.grad[i]);
    }
  }

  __device__ void run() {
    copy_tile<BackwardThreads>(values, p.v, at.b, at.token, at.kv_head, at.count);
    copy_square<BackwardThreads>(state, p.states + at.index * D * D);
    prefetch_rows<BackwardThreads>(p.q, at, at.kv_head * at.group, at.group);
    prefetch_rows<BackwardThreads>(p.o, at, at.kv_head * at.group, at.group);
    if (p.add) {
      prefetch_rows<BackwardThreads>(p.dq, at, at.kv_head * at.group, at.group);
      prefetch_rows<BackwardThreads>(p.dk, at, at.kv_head, 1);
      prefetch_rows<BackwardThreads>(p.dv, at, at.kv_head, 1);
    }
    for (int i = threadIdx.x; i < Chunk * GatePitch; i += BackwardThreads) sum_grads[i] = 0.0f;
    keys.load<BackwardThreads>(p, at);
    keys.rebase<BackwardThreads>(rebased);
    float dk[Fragments][4], dv[Fragments][4], own_dk[Block] = {};
    clear(dk);
    clear(dv);
    for (int h = 0; h < at.group; h++) {
      const int head = at.kv_head * at.group + h;
      load_queries(head);
      __syncthreads();
      compute_scores(h);
      __syncthreads();
      float dq[Fragments][4];
      add_value_gradients(dv);
      add_key_gradients(dk);
      compute_query_gradients(dq);
      bf16 q[Block];
      load_own_queries(q, head);
      __syncthreads();
      store_tile(dq);
      __syncthreads();
      add_own_block(own_dk, q);
      Waiting rows;
      load_waiting(rows, p.q, p.dq, head);
      __syncthreads();
      store_query_gradients(rows, head);
      __syncthreads();
    }
    copy_square<BackwardThreads>(queries, p.grads + at.index * D * D);
    keys.decay_to_end<BackwardThreads>(state);
    wait_copies();
    __syncthreads();
    add_final_state(dk, dv);
    store_value_gradients(dv);
    __syncthreads();
    store_tile(dk);
    __syncthreads();
    join_key_gradients(own_dk);
    __syncthreads();
    sum_gate_gradients();
    Waiting rows;
    load_waiting(rows, p.k, p.dk, at.kv_head);
    __syncthreads();
    store_key_gradients(rows);
  }
};

KERNEL __launch_bounds__(BackwardThreads, 1) recurrence_backward(const RecurrenceParams p) { Backward(p).run(); }
