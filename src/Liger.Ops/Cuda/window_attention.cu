// Softmax attention over the last `window` tokens and the first `sinks`, times a weight, with rotary embedding inside:
//   o_i = weight · Σ_j softmax_j(R q_i · R k_j / √D) v_j      over j ≤ i of i's document with i − j < window or j < sinks
// q, o [B,T,H,D], k, v [B,T,Hkv,D] in bf16, fp32 inside. lse [B,H,T]: base-2 logarithm of each softmax's denominator.
//
// Tiles of 64 tokens. Forward and the gradient of the queries: one block for each (query tile, kv head, batch row), eight warps, a warp
// holds 16 queries of one head and passes over the visible keys 16 at a time; two or four heads of the group at once. Two key tiles cover a
// window of up to 65 tokens; they stay in shared memory for all heads of the group. The gradient of keys and values: one block for each key
// tile, a warp holds 16 keys and passes over queries. Nothing is added up across blocks: results do not depend on their order.
// Shared memory at D = 128: 103 KiB forward, 205 KiB queries, 103 KiB keys.
// Against the naive form: bf16's 1e-2 relative to the norm of each result.
#include "near_keys.cuh"

template <bool Near>
__device__ __forceinline__ void forward(const WindowParams& p) {
  const Lane me;
  const int tile = blockIdx.x, kv_head = blockIdx.y, b = blockIdx.z, group = p.heads / p.kv_heads;
  const KeyTiles tiles(p, tile);
  const KeyStore store(shared_memory(), tiles.count());
  store.begin<Threads>(p, b, kv_head, tiles);
  load_documents(store.query_documents(), p, b, tile);
  const WarpRows rows(shared_memory() + KeyStore::Bytes, me.warp);
  const int row0 = tile * Chunk + (me.warp & 3) * Block;
  const float scale = Log2E * rsqrtf((float)D);

  for (int h0 = 0; h0 < group; h0 += 2) {
    const int head = kv_head * group + h0 + (me.warp >> 2);
    const bool active = h0 + (me.warp >> 2) < group;
    float o[D / 8][4], highest[2] = {-INFINITY, -INFINITY}, sum[2] = {0.0f, 0.0f};
    clear(o);
    __syncwarp();
    if (active) rows.copy(p.q, b, row0, head, p.tokens, me);
    store.ready<Threads>(p, b, tiles, h0 == 0);
    if (active) turn_rows(rows, p.rotary, b, row0, p.tokens, me);
    if (Near && active) NearKeys(p, store, tiles, row0).attend(o, highest, sum, rows, scale, me);
    for (int index = 0; !Near && index < tiles.count(); index++) {
      const int slot = store.load<Threads>(p, b, kv_head, tiles, index);
      if (!active) continue;
      // 32 keys at once.
      for (int block = 0; block < Chunk / Block; block += 2) {
        const int key0 = tiles[index] * Chunk + block * Block;
        if (!any_visible(p, row0, key0) && !any_visible(p, row0, key0 + Block)) continue;
        float s[4][4];
        clear(s);
#pragma unroll
        for (int k = 0; k < Steps; k++) {
          unsigned a[4], b[4], c[4];
          load_a(a, rows.tile, Pitch, 0, k * 16, me.lane);
          load_b(b, store.keys(slot), Pitch, k * 16, block * Block, me.lane);
          load_b(c, store.keys(slot), Pitch, k * 16, (block + 1) * Block, me.lane);
          multiply(s[0], a, b[0], b[1]);
          multiply(s[1], a, b[2], b[3]);
          multiply(s[2], a, c[0], c[1]);
          multiply(s[3], a, c[2], c[3]);
        }
        float above[2] = {highest[0], highest[1]};
        if (!all_visible(p, row0, key0) || !all_visible(p, row0, key0 + Block))
          hide<false>(s, p, row0, store.query_documents() + row0 % Chunk, key0, store.documents(slot) + block * Block, me);
#pragma unroll
        for (int n = 0; n < 4; n++)
#pragma unroll
          for (int i = 0; i < 4; i++) {
            s[n][i] *= scale;
            above[i >> 1] = fmaxf(above[i >> 1], s[n][i]);
          }
#pragma unroll
        for (int half = 0; half < 2; half++) {
          above[half] = quad_max(above[half]);
          // A row that has seen nothing yet stays at zero.
          const float reference = above[half] == -INFINITY ? 0.0f : above[half];
          const float factor = exp2_fast(highest[half] - reference);
          const bool moved = __any_sync(0xffffffffu, factor != 1.0f);
          highest[half] = above[half];
          float added = 0.0f;
#pragma unroll
          for (int n = 0; n < 4; n++)
#pragma unroll
            for (int i = 0; i < 2; i++) added += s[n][2 * half + i] = exp2_fast(s[n][2 * half + i] - reference);
          sum[half] = sum[half] * factor + added;
          if (moved) {
#pragma unroll
            for (int n = 0; n < D / 8; n++) {
              o[n][2 * half] *= factor;
              o[n][2 * half + 1] *= factor;
            }
          }
        }
        accumulate(o, s[0], s[1], store.values(slot), block * Block, me.lane);
        accumulate(o, s[2], s[3], store.values(slot), (block + 1) * Block, me.lane);
      }
    }
    if (!active) continue;
#pragma unroll
    for (int half = 0; half < 2; half++) {
      const int t = row0 + me.row + half * 8;
      sum[half] = quad_sum(sum[half]);
      if (t < p.tokens && me.column == 0 && p.lse != nullptr)
        p.lse[((int64)b * p.heads + head) * p.tokens + t] = highest[half] + log2_fast(sum[half]);
    }
    rows.put(o, p.weight / sum[0], p.weight / sum[1], false, me);
    rows.store(p.o, b, row0, head, p.tokens, me);
  }
}

KERNEL __launch_bounds__(Threads, 2) window_forward(const WindowParams p) { forward<false>(p); }
KERNEL __launch_bounds__(Threads, 2) window_forward_near(const WindowParams p) { forward<true>(p); }

// dq, and delta_i = Σ_j P_ij dP_ij for the keys' pass: a first pass over the keys gives delta, a second one the gradient.
constexpr int QueryThreads = 512;  // four heads of a group at once

template <bool Near>
__device__ __forceinline__ void backward_queries(const WindowParams& p) {
  const Lane me;
  const int tile = blockIdx.x, kv_head = blockIdx.y, b = blockIdx.z, group = p.heads / p.kv_heads;
  const KeyTiles tiles(p, tile);
  const KeyStore store(shared_memory(), tiles.count());
  store.begin<QueryThreads>(p, b, kv_head, tiles);
  load_documents(store.query_documents(), p, b, tile);
  const WarpRows queries(shared_memory() + KeyStore::Bytes, 2 * me.warp), grads(shared_memory() + KeyStore::Bytes, 2 * me.warp + 1);
  const int row0 = tile * Chunk + (me.warp & 3) * Block;
  const float root = rsqrtf((float)D), scale = Log2E * root;

  for (int h0 = 0; h0 < group; h0 += QueryThreads / 128) {
    const int head = kv_head * group + h0 + (me.warp >> 2);
    const bool active = h0 + (me.warp >> 2) < group;
    float dq[D / 8][4], lse[2] = {0.0f, 0.0f}, delta[2] = {0.0f, 0.0f};
    clear(dq);
    __syncwarp();
    const int64 statistics = ((int64)b * p.heads + head) * p.tokens + row0 + me.row;
    if (active) {
      queries.copy(p.q, b, row0, head, p.tokens, me);
      grads.copy(p.o, b, row0, head, p.tokens, me);
#pragma unroll
      for (int half = 0; half < 2; half++)
        if (row0 + me.row + half * 8 < p.tokens) lse[half] = p.lse[statistics + half * 8];
    }
    store.ready<QueryThreads>(p, b, tiles, h0 == 0);
    if (active) turn_rows(queries, p.rotary, b, row0, p.tokens, me);
    if (Near && active) {
      NearKeys(p, store, tiles, row0).go_back(dq, delta, queries, grads, lse, scale, me);
#pragma unroll
      for (int half = 0; half < 2; half++)
        if (me.column == 0 && row0 + me.row + half * 8 < p.tokens) p.delta[statistics + half * 8] = delta[half];
    }
    for (int pass = 0; !Near && pass < 2; pass++) {
      for (int index = 0; index < tiles.count(); index++) {
        const int slot = store.load<QueryThreads>(p, b, kv_head, tiles, index);
        if (!active) continue;
        for (int block = 0; block < Chunk / Block; block++) {
          const int key0 = tiles[index] * Chunk + block * Block;
          if (!any_visible(p, row0, key0)) continue;
          float s[2][4], ds[2][4];
          clear(s);
          clear(ds);
          scores(s, queries.tile, store.keys(slot), ds, grads.tile, store.values(slot), 0, block * Block, me.lane);
          if (!all_visible(p, row0, key0))
            hide<false>(s, p, row0, store.query_documents() + row0 % Chunk, key0, store.documents(slot) + block * Block, me);
#pragma unroll
          for (int n = 0; n < 2; n++)
#pragma unroll
            for (int i = 0; i < 4; i++) {
              const float weight = exp2_fast(s[n][i] * scale - lse[i >> 1]);
              if (pass == 0)
                delta[i >> 1] += weight * ds[n][i];
              else
                ds[n][i] = weight * (ds[n][i] - delta[i >> 1]);
            }
          if (pass == 1) accumulate(dq, ds[0], ds[1], store.keys(slot), block * Block, me.lane);
        }
      }
      if (pass == 0) {
#pragma unroll
        for (int half = 0; half < 2; half++) {
          delta[half] = quad_sum(delta[half]);
          if (active && me.column == 0 && row0 + me.row + half * 8 < p.tokens) p.delta[statistics + half * 8] = delta[half];
        }
      }
    }
    if (!active) continue;
    store_turned_back(p.dq, dq, p.rotary, b, row0, head, p.tokens, p.weight * root, queries, me);
  }
}

KERNEL __launch_bounds__(QueryThreads, 1) window_backward_queries(const WindowParams p) { backward_queries<false>(p); }
KERNEL __launch_bounds__(QueryThreads, 1) window_backward_queries_near(const WindowParams p) { backward_queries<true>(p); }

// Four warps sum dv, the other four dk, each for 16 keys and over all heads of the group.
KERNEL __launch_bounds__(Threads, 2) window_backward_keys(const WindowParams p) {
  const Lane me;
  const int tile = blockIdx.x, kv_head = blockIdx.y, b = blockIdx.z, group = p.heads / p.kv_heads;
  const bool for_values = me.warp < 4;
  bf16* keys = (bf16*)shared_memory();
  bf16* values = keys + Chunk * Pitch;
  bf16* queries = values + Chunk * Pitch;     // of two tiles, so that every warp has about as much to do between two barriers
  bf16* grads = queries + 2 * Chunk * Pitch;  // likewise
  float* lse = (float*)(grads + 2 * Chunk * Pitch);
  float* delta = lse + 2 * Chunk;
  int* key_documents = (int*)(delta + 2 * Chunk);
  int* query_documents = key_documents + Chunk;
  const int from = tile * Chunk, row = (me.warp & 3) * Block, key0 = from + row;
  const float root = rsqrtf((float)D), scale = Log2E * root;

  copy_tile<Threads>(keys, p.k, b, from, kv_head, p.tokens - from);
  copy_tile<Threads>(values, p.v, b, from, kv_head, p.tokens - from);
  load_documents(key_documents, p, b, tile);
  float acc[D / 8][4];
  clear(acc);

  int last = from < p.sinks ? p.tokens - 1 : from + Chunk - 1 + p.window - 1;
  if (last > p.tokens - 1) last = p.tokens - 1;
  for (int other = tile; other <= last / Chunk; other += 2) {
    const int start = other * Chunk, both = other < last / Chunk ? 2 : 1;
    for (int h = 0; h < group; h++) {
      const int head = kv_head * group + h;
      if (h > 0 || other > tile) __syncthreads();
      for (int i = 0; i < both; i++) {
        copy_tile<Threads>(queries + i * Chunk * Pitch, p.q, b, start + i * Chunk, head, p.tokens - start - i * Chunk);
        copy_tile<Threads>(grads + i * Chunk * Pitch, p.o, b, start + i * Chunk, head, p.tokens - start - i * Chunk);
        if (h == 0) load_documents(query_documents + i * Chunk, p, b, other + i);
      }
      const int t = start + threadIdx.x % (2 * Chunk);
      const float* statistic = threadIdx.x < 2 * Chunk ? p.lse : p.delta;
      lse[threadIdx.x] = t < p.tokens ? statistic[((int64)b * p.heads + head) * p.tokens + t] : 0.0f;
      wait_copies();
      __syncthreads();
      for (int i = 0; i < both; i++) turn_tile<Threads>(queries + i * Chunk * Pitch, p.rotary, b, start + i * Chunk, p.tokens - start - i * Chunk);
      if (h == 0 && other == tile) turn_tile<Threads>(keys, p.rotary, b, from, p.tokens - from);
      __syncthreads();
      for (int block = 0; block < both * (Chunk / Block); block++) {
        const int row0 = start + block * Block;
        if (!any_visible(p, row0, key0)) continue;
        float s[2][4], ds[2][4];
        clear(s);
        clear(ds);
        if (for_values)
          scores(s, keys, row, queries, block * Block, me.lane);
        else
          scores(s, keys, queries, ds, values, grads, row, block * Block, me.lane);
        if (!all_visible(p, row0, key0)) hide<true>(s, p, key0, key_documents + row, row0, query_documents + block * Block, me);
#pragma unroll
        for (int n = 0; n < 2; n++)
#pragma unroll
          for (int i = 0; i < 4; i++) {
            const int t = block * Block + n * 8 + me.column + (i & 1);
            s[n][i] = exp2_fast(s[n][i] * scale - lse[t]);
            if (!for_values) s[n][i] *= ds[n][i] - delta[t];
          }
        accumulate(acc, s[0], s[1], for_values ? grads : queries, block * Block, me.lane);
      }
    }
  }

  __syncthreads();
  const WarpRows rows((char*)queries, me.warp);
  if (!for_values) {
    store_turned_back(p.dk, acc, p.rotary, b, key0, kv_head, p.tokens, p.weight * root, rows, me);
  } else {
    rows.put(acc, p.weight, p.weight, false, me);
    rows.store(p.dv, b, key0, kv_head, p.tokens, me);
  }
}
