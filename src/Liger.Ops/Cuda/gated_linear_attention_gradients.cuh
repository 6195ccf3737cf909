// What each chunk adds to the gradient of the state it starts from: Σ_i weight · (e^{G_i} ⊙ q̂_i) ∂o_iᵀ.
#pragma once
#include "gated_keys.cuh"

KERNEL __launch_bounds__(Threads, 2) recurrence_gradient_contributions(const RecurrenceParams p) {
  const Lane me;
  const Place at(p);
  char* memory = shared_memory();
  Keys keys(memory);
  bf16* queries = (bf16*)(memory + Keys::Bytes);
  bf16* grads = queries + Chunk * Pitch;  // of one head, and of the next on its way
  keys.begin<Threads>(p, at);
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
