// The backward kernels of gated_linear_attention.cu. With P_ij = q̂_i · diag(e^{G_i − G_j}) k̂_j, S the state the chunk starts from, Z the
// gradient of the one it ends with, E the chunk's last token and ∂o times the weight:
//   dP_ij = ∂o_i · v_j
//   dv_j  = Σ_i P_ij ∂o_i + Zᵀ (e^{G_E − G_j} ⊙ k̂_j)
//   dq̂_i = Σ_j dP_ij e^{G_i − G_j} ⊙ k̂_j + e^{G_i} ⊙ (S ∂o_i)
//   dk̂_j = Σ_i dP_ij e^{G_i − G_j} ⊙ q̂_i + e^{G_E − G_j} ⊙ (Z v_j)
//   dG_i  = q̂_i ⊙ dq̂_i − k̂_i ⊙ dk̂_i,  dg_t = Σ_{i ≥ t} dG_i + Σ_v S'_v Z_v  with S' the state at the end
#pragma once
#include "waiting_rows.cuh"

// One block of threads for each chunk: heads of the group one after another, sums for keys and values in registers.
struct Backward : BackwardBlock {
  using BackwardBlock::BackwardBlock;

  __device__ void add_value_gradients(float (&dv)[Fragments][4]) {
    for (int other = block; other < Blocks; other++) {
      unsigned a[4];
      load_a_transposed(a, scores, ScorePitch, block * Block, other * Block, me.lane);
      add_product(dv, a, grads, other * Block);
    }
  }

  // Of a flat chunk, the factor exp2(−G_j) is left out: see unflatten.
  template <bool Flat>
  __device__ void add_key_gradients(float (&dk)[Fragments][4]) {
    for (int other = block; Flat && other < Blocks; other++) {
      unsigned a[4];
      load_a_transposed(a, score_grads, ScorePitch, block * Block, other * Block, me.lane);
      add_product(dk, a, queries, other * Block);
    }
    for (int other = block + 1; !Flat && other < Blocks; other++) {
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

  template <bool Flat>
  __device__ void compute_query_gradients(float (&dq)[Fragments][4]) {
    clear(dq);
    if (!Flat || keys.continues(0)) add_product_transposed(dq, grads, state);
    if (Flat) {
#pragma unroll
      for (int n = 0; n < Fragments; n++)
#pragma unroll
        for (int i = 0; i < 4; i++) dq[n][i] *= p.weight;
    }
    float part[Fragments][4];
    clear(part);
    for (int other = 0; other < block + Flat; other++) {
      unsigned a[4];
      load_a(a, score_grads, ScorePitch, block * Block, other * Block, me.lane);
      add_product(Flat ? dq : part, a, rebased, (Flat ? 0 : Keys::rebased_row(block)) + other * Block);
    }
#pragma unroll
    for (int half = 0; half < 2; half++) {
      const float carried = keys.continues(token(half)) ? p.weight : 0.0f;
#pragma unroll
      for (int n = 0; n < Fragments; n++) {
        const float2 g = keys.sum_pair(token(half), pair_channel(n)), left = make_float2(exp2_fast(fminf(g.x, 0.0f)), exp2_fast(fminf(g.y, 0.0f)));
        float &x = dq[n][2 * half], &y = dq[n][2 * half + 1];
        if (Flat) {
          // With the rounded factors that the keys' side has too, so that what both say of one pair cancels out to the last bit.
          const unsigned rounded = pair_at(queries + token(half) * Pitch + pair_channel(n));
          float2& sum = *(float2*)(sum_grads + token(half) * GatePitch + pair_channel(n));
          sum = make_float2(sum.x + low(rounded) * x, sum.y + high(rounded) * y);
          x *= left.x, y *= left.y;
        } else {
          const float2 base = keys.base_pair(block, pair_channel(n));
          x = part[n][2 * half] * decay(g.x, base.x) + x * carried * left.x;
          y = part[n][2 * half + 1] * decay(g.y, base.y) + y * carried * left.y;
        }
      }
    }
  }

  // Inside blocks of 16 tokens a thread has one channel and takes every pair as it is. Rows past the end are zero: their shifts are those of zeros.
  __device__ void load_own_queries(bf16 (&q)[Block], int head) {
    const bf16* from = query(0, head) + channel;
#pragma unroll
    for (int j = 0; j < Block; j++) q[j] = own + j < at.count ? from[(int64)(own + j) * p.q.token] : (bf16)0;
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

  // Through the feature map.
  __device__ void store_query_gradients(const WaitingRows& rows, int head) {
#pragma unroll
    for (int i = 0; i < WaitingRows::Count; i++) {
      const int t = WaitingRows::row(me, i);
      float grad[Wide], x[Wide];
      load_wide(grad, wide + t * GatePitch, me.lane);
      unpack(x, rows.raw[i]);
      const Shift shift = shifts[t];
#pragma unroll
      for (int n = 0; n < Wide; n++) x[n] = query_feature(x[n], shift);
      if (GATE != GATE_GIVEN) {
        float dot = 0.0f;
#pragma unroll
        for (int n = 0; n < Wide; n++) dot += x[n] * grad[n];
        dot = octet_sum(dot);
#pragma unroll
        for (int n = 0; n < Wide; n++) grad[n] = x[n] * (grad[n] - dot);
      }
      if (t < at.count) rows.store(*this, p.dq.at(at.b, at.token + t, head), grad, i);
    }
  }

  // Of a flat chunk: what products with keys, as they were rounded for them, say about the sums G.
  __device__ void subtract_from_sums(const bf16* rounded, const float (&products)[Fragments][4]) {
#pragma unroll
    for (int half = 0; half < 2; half++)
#pragma unroll
      for (int n = 0; n < Fragments; n++) {
        const unsigned pair = pair_at(rounded + token(half) * Pitch + pair_channel(n));
        float2& sum = *(float2*)(sum_grads + token(half) * GatePitch + pair_channel(n));
        sum = make_float2(sum.x - low(pair) * products[n][2 * half], sum.y - high(pair) * products[n][2 * half + 1]);
      }
  }

  // The factor that the keys' gradients of a flat chunk lack yet.
  __device__ void unflatten(float (&dk)[Fragments][4]) {
    subtract_from_sums(rebased, dk);
#pragma unroll
    for (int n = 0; n < Fragments; n++)
#pragma unroll
      for (int i = 0; i < 4; i++) dk[n][i] *= exp2_fast(-keys.sum(token(i >> 1), pair_channel(n) + (i & 1)));
  }

  // What goes through the state the chunk ends with; its gradient lies where queries and grads were, the keys decayed to the end where
  // the chunk's first state was.
  template <bool Flat>
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
    if (Flat) subtract_from_sums(decayed, part);
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

  __device__ void store_key_gradients(const WaitingRows& rows) {
#pragma unroll
    for (int i = 0; i < WaitingRows::Count; i++) {
      const int t = WaitingRows::row(me, i);
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
      if (t < at.count) rows.store(*this, p.dk.at(at.b, at.token + t, at.kv_head), grad, i);
    }
  }

  // All heads of the group one after another, then what they share.
  template <bool Flat>
  __device__ void go_back() {
    if (Flat)
      keys.flatten<BackwardThreads>(rebased);
    else
      keys.rebase<BackwardThreads>(rebased);
    float dk[Fragments][4], dv[Fragments][4], own_dk[Block] = {};
    clear(dk);
    clear(dv);
    for (int h = 0; h < at.group; h++) {
      const int head = at.kv_head * at.group + h;
      load_queries<Flat>(head);
      __syncthreads();
      compute_scores<Flat>(h);
      __syncthreads();
      float dq[Fragments][4];
      add_value_gradients(dv);
      add_key_gradients<Flat>(dk);
      compute_query_gradients<Flat>(dq);
      bf16 q[Block];
      if (!Flat) load_own_queries(q, head);
      __syncthreads();
      store_tile(dq);
      __syncthreads();
      if (!Flat) add_own_block(own_dk, q);
      WaitingRows rows;
      rows.load(*this, p.q, p.dq, head);
      if (!Flat) __syncthreads();
      store_query_gradients(rows, head);
      __syncthreads();
    }
    if (Flat) unflatten(dk);
    copy_square<BackwardThreads>(queries, p.grads + at.index * D * D);
    keys.decay_to_end<BackwardThreads>(state);
    wait_copies();
    __syncthreads();
    add_final_state<Flat>(dk, dv);
    store_value_gradients(dv);
    __syncthreads();
    store_tile(dk);
    __syncthreads();
    if (!Flat) {
      join_key_gradients(own_dk);
      __syncthreads();
    }
    sum_gate_gradients();
    WaitingRows rows;
    rows.load(*this, p.k, p.dk, at.kv_head);
    __syncthreads();
    store_key_gradients(rows);
  }

  __device__ void run() {
    keys.begin<BackwardThreads>(p, at);
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
    if (keys.flat())
      go_back<true>();
    else
      go_back<false>();
  }
};

KERNEL __launch_bounds__(BackwardThreads, 1) recurrence_backward(const RecurrenceParams p) { Backward(p).run(); }
