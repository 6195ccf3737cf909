// Gated linear attention, a matrix state for each kv head in chunks of 64 tokens:
//   S_t = diag(e^{g_t}) S_{t−1} + k̂_t v_tᵀ,   o_t = weight · S_tᵀ q̂_t
// with the feature maps and gates of gated_keys.cuh computed in registers from q [B,T,H,D] and k [B,T,Hkv,D] as the projections leave
// them. Query heads of a group share keys, gates and state. bf16 operands, fp32 sums; states between chunks are kept in bf16 and
// carried from one to the next in fp32.
//
// Forward: recurrence_contributions (what each chunk adds, and the scores inside blocks of 16 tokens), recurrence_scan (the state each chunk
// starts from), recurrence_output. Backward: the first two again, recurrence_gradient_contributions and recurrence_gradient_scan (the
// gradient of the state each chunk ends with), recurrence_backward. One block of eight warps for each (chunk, kv head, batch row).
//
// Scores between blocks of 16 are products of matrices with exponents measured from the token before the query's block, so that none is
// above zero; inside a block every pair's decay is computed as it is, and only the sum over channels is left to the tensor cores, for the
// heads of a group at once.
// Shared memory at D = 128: contributions 86 KiB, output 196 KiB, gradient contributions 86 KiB, backward 215 KiB.
// Against the naive form: bf16's 1e-2 relative to the norm of each result.
#include "diagonal_scores.cuh"

// acc[16 rows × D / ColumnParts] += lhsᵀ · rhs over 64 tokens, rows and columns by warp.
constexpr int RowBlocks = D / 16, ColumnParts = (Threads / 32) / RowBlocks, Columns = D / ColumnParts;

__device__ __forceinline__ void outer_product(float (&acc)[Columns / 8][4], const bf16* lhs, const bf16* rhs, const Lane& me) {
  const int row = me.warp % RowBlocks * 16, column = me.warp / RowBlocks * Columns;
#pragma unroll
  for (int t = 0; t < Chunk; t += 16) {
    unsigned a[4];
    load_a_transposed(a, lhs, Pitch, row, t, me.lane);
#pragma unroll
    for (int n = 0; n < Columns / 16; n++) {
      unsigned b[4];
      load_b_transposed(b, rhs, Pitch, t, column + n * 16, me.lane);
      multiply(acc[2 * n], a, b[0], b[1]);
      multiply(acc[2 * n + 1], a, b[2], b[3]);
    }
  }
}

__device__ __forceinline__ void store_square(bf16* to, const float (&acc)[Columns / 8][4], float scale, const Lane& me) {
  const int row = me.warp % RowBlocks * 16 + me.row, column = me.warp / RowBlocks * Columns + me.column;
#pragma unroll
  for (int n = 0; n < Columns / 8; n++)
#pragma unroll
    for (int half = 0; half < 2; half++)
      set_pair(to + (row + half * 8) * D + column + n * 8, acc[n][2 * half] * scale, acc[n][2 * half + 1] * scale);
}

KERNEL __launch_bounds__(Threads, 2) recurrence_contributions(const RecurrenceParams p) {
  const Lane me;
  const Place at(p);
  char* memory = shared_memory();
  Keys keys(memory);
  bf16* values = (bf16*)(memory + Keys::Bytes);
  bf16* decayed = values + Chunk * Pitch;
  keys.begin<Threads>(p, at);
  copy_tile<Threads>(values, p.v, at.b, at.token, at.kv_head, at.count);
  keys.load<Threads>(p, at);
  keys.decay_to_end<Threads>(decayed);
  if (threadIdx.x < D) p.totals[at.index * D + threadIdx.x] = keys.last() == keys.before() ? keys.sum(Chunk - 1, threadIdx.x) : -INFINITY;
  wait_copies();
  __syncthreads();
  float acc[Columns / 8][4];
  clear(acc);
  outer_product(acc, decayed, values, me);
  store_square(p.states + at.index * D * D, acc, 1.0f, me);
  if (keys.flat()) return;
  keys.turn_to_steps<Threads>();
  diagonal_scores(p, at, keys, me);
}

constexpr int Lanes = D / 32;  // channels of a row for each lane of a warp

__device__ __forceinline__ void load_channels(float (&x)[Lanes], const bf16* row, int lane) {
#pragma unroll
  for (int i = 0; i < Lanes / 2; i++) {
    const unsigned pair = ((const unsigned*)row)[lane * (Lanes / 2) + i];
    x[2 * i] = low(pair), x[2 * i + 1] = high(pair);
  }
}

// A warp carries one row of one state through all chunks and puts the state that each chunk starts from in the place of what it adds.
template <bool Backward>
__device__ __forceinline__ void scan(const RecurrenceParams& p) {
  const Lane me;
  const int64 row = (int64)blockIdx.x * (Threads / 32) + me.warp;  // of [B·Hkv, D]
  const int64 head = row / D;
  const int d = (int)(row % D);
  bf16* places = Backward ? p.grads : p.states;
  float state[Lanes];
#pragma unroll
  for (int i = 0; i < Lanes; i++) state[i] = p.initial == nullptr ? 0.0f : p.initial[row * D + me.lane * Lanes + i];
  constexpr int Ahead = Backward ? 4 : 8;
  for (int start = 0; start < p.chunks; start += Ahead) {
    float added[Ahead][Lanes], factor[Ahead], leaving[Ahead][Lanes];
#pragma unroll
    for (int i = 0; i < Ahead; i++) {
      const int step = start + i, n = Backward ? p.chunks - 1 - step : step;
      if (step >= p.chunks) break;
      const int64 at = head * p.chunks + n;
      load_channels(added[i], places + (at * D + d) * D, me.lane);
      factor[i] = exp2_fast(p.totals[at * D + d]);
      if (Backward && n + 1 < p.chunks) load_channels(leaving[i], p.states + ((at + 1) * D + d) * D, me.lane);
      if (Backward && n + 1 == p.chunks) {
#pragma unroll
        for (int k = 0; k < Lanes; k++) leaving[i][k] = p.last == nullptr ? 0.0f : p.last[row * D + me.lane * Lanes + k];
      }
    }
#pragma unroll
    for (int i = 0; i < Ahead; i++) {
      const int step = start + i, n = Backward ? p.chunks - 1 - step : step;
      if (step >= p.chunks) break;
      const int64 at = head * p.chunks + n;
#pragma unroll
      for (int k = 0; k < Lanes; k += 2) set_pair(places + (at * D + d) * D + me.lane * Lanes + k, state[k], state[k + 1]);
      if (Backward) {
        float border = 0.0f;
#pragma unroll
        for (int k = 0; k < Lanes; k++) border += state[k] * leaving[i][k];
        border = warp_sum(border);
        if (me.lane == 0) p.borders[at * D + d] = border;
      }
#pragma unroll
      for (int k = 0; k < Lanes; k++) state[k] = state[k] * factor[i] + added[i][k];
    }
  }
  if (p.final != nullptr) {
#pragma unroll
    for (int i = 0; i < Lanes; i++) p.final[row * D + me.lane * Lanes + i] = state[i];
  }
}

KERNEL __launch_bounds__(Threads) recurrence_scan(const RecurrenceParams p) { scan<false>(p); }
KERNEL __launch_bounds__(Threads) recurrence_gradient_scan(const RecurrenceParams p) { scan<true>(p); }

constexpr int OutputThreads = 512;  // four heads of a group at once

struct OutputTiles {
  bf16 *rebased, *state, *values;
  WarpRows rows;
  __device__ OutputTiles(char* memory, int warp)
      : rebased((bf16*)memory), state(rebased + RebasedRows * Pitch), values(state + D * Pitch), rows((char*)(values + Chunk * Pitch), warp) {}
};

// Adds the products of queries with the keys of the chunk, 16 at a time, to a block's rows; q̂ since the block's base, or the flat chunk's start.
template <bool Flat>
__device__ __forceinline__ void add_chunk(float (&acc)[D / 8][4], const unsigned (&q)[Steps][4], const RecurrenceParams& p, const Place& at, const Keys& keys,
                                          const OutputTiles& tiles, int h, int block, const Lane& me) {
  const int first = block * Block;
  for (int n = 0; n <= block; n++) {
    unsigned a[4];
    if (!Flat && n == block) {
      const bf16* own = p.diagonals + ((at.index * at.group + h) * Chunk + first + me.row) * DiagonalPitch + me.column;
      // Rows past the end have none.
#pragma unroll
      for (int r = 0; r < 4; r++) a[r] = first + me.row + (r & 1) * 8 < at.count ? pair_at(own + (r & 1) * 8 * DiagonalPitch + (r >> 1) * 8) : 0u;
    } else {
      float s[2][4];
      clear(s);
#pragma unroll
      for (int k = 0; k < Steps; k++) {
        unsigned b[4];
        load_b(b, tiles.rebased, Pitch, k * 16, (Flat ? 0 : Keys::rebased_row(block)) + n * Block, me.lane);
        multiply(s[0], q[k], b[0], b[1]);
        multiply(s[1], q[k], b[2], b[3]);
      }
#pragma unroll
      for (int r = 0; r < 4; r++) {
        const int row = me.row + (r & 1) * 8, column = me.column + (r >> 1) * 8;
        const int* others = keys.documents + n * Block + column;
        const bool seen[2] = {Flat ? n < block || column <= row : keys.documents[first + row] == others[0],
                              Flat ? n < block || column + 1 <= row : keys.documents[first + row] == others[1]};
        a[r] = pack(seen[0] ? s[r >> 1][2 * (r & 1)] : 0.0f, seen[1] ? s[r >> 1][2 * (r & 1) + 1] : 0.0f);
      }
    }
#pragma unroll
    for (int m = 0; m < D / 16; m++) {
      unsigned b[4];
      load_b_transposed(b, tiles.values, Pitch, n * Block, m * 16, me.lane);
      multiply(acc[2 * m], a, b[0], b[1]);
      multiply(acc[2 * m + 1], a, b[2], b[3]);
    }
  }
}

// Adds what the chunk starts from.
template <bool Flat>
__device__ __forceinline__ void add_state(float (&acc)[D / 8][4], const unsigned (&q)[Steps][4], const Keys& keys, const bf16* state, int block, const Lane& me) {
  if (Flat && !keys.continues(0)) return;
  const int first = block * Block;
  const bool continues[2] = {keys.continues(first + me.row), keys.continues(first + me.row + 8)};
#pragma unroll
  for (int k = 0; k < Steps; k++) {
    unsigned carried[4];
#pragma unroll
    for (int r = 0; r < 4; r++) {
      const float2 base = Flat ? make_float2(0.0f, 0.0f) : keys.base_pair(block, k * 16 + me.column + (r >> 1) * 8);
      carried[r] = Flat ? q[k][r] : continues[r & 1] ? pack(low(q[k][r]) * exp2_fast(base.x), high(q[k][r]) * exp2_fast(base.y)) : 0u;
    }
#pragma unroll
    for (int n = 0; n < D / 16; n++) {
      unsigned b[4];
      load_b_transposed(b, state, Pitch, k * 16, n * 16, me.lane);
      multiply(acc[2 * n], carried, b[0], b[1]);
      multiply(acc[2 * n + 1], carried, b[2], b[3]);
    }
  }
}

template <bool Flat>
__device__ __forceinline__ void output_heads(const RecurrenceParams& p, const Place& at, const Keys& keys, const OutputTiles& tiles, int block, const Lane& me) {
  const int first = block * Block;
  const WarpRows& rows = tiles.rows;
  for (int h = me.warp >> 2; h < at.group; h += OutputThreads / 128) {
    const int head = at.kv_head * at.group + h;
    if (h >= OutputThreads / 128) {
      __syncwarp();
      rows.copy(p.q, at.b, at.token + first, head, p.tokens, me);
      WarpRows::wait();
    }
    unsigned q[Steps][4];
#pragma unroll
    for (int k = 0; k < Steps; k++) load_a(q[k], rows.tile, Pitch, 0, k * 16, me.lane);
    __syncwarp();
    // The window's output comes while the rest is computed.
    if (p.add) rows.copy(p.o, at.b, at.token + first, head, p.tokens, me);
    Shift shift[2] = {};
#pragma unroll
    for (int half = 0; half < 2 && GATE != GATE_GIVEN; half++) {
      float x[Steps * 4];
#pragma unroll
      for (int k = 0; k < Steps; k++)
#pragma unroll
        for (int r = 0; r < 2; r++) x[4 * k + 2 * r] = low(q[k][2 * r + half]), x[4 * k + 2 * r + 1] = high(q[k][2 * r + half]);
      shift[half] = quad_shift(x);
    }
#pragma unroll
    for (int k = 0; k < Steps; k++)
#pragma unroll
      for (int r = 0; r < 4; r++) {
        const int t = first + me.row + (r & 1) * 8, d = k * 16 + me.column + (r >> 1) * 8;
        const float2 g = keys.sum_pair(t, d), base = Flat ? g : keys.base_pair(block, d);
        q[k][r] = Flat ? pack(query_feature(low(q[k][r]), shift[r & 1], g.x), query_feature(high(q[k][r]), shift[r & 1], g.y))
                       : pack(query_feature(low(q[k][r]), shift[r & 1]) * decay(g.x, base.x), query_feature(high(q[k][r]), shift[r & 1]) * decay(g.y, base.y));
      }
    float acc[D / 8][4];
    clear(acc);
    add_chunk<Flat>(acc, q, p, at, keys, tiles, h, block, me);
    add_state<Flat>(acc, q, keys, tiles.state, block, me);
    WarpRows::wait();
    rows.put(acc, p.weight, p.weight, p.add, me);
    rows.store(p.o, at.b, at.token + first, head, p.tokens, me);
  }
}

KERNEL __launch_bounds__(OutputThreads, 1) recurrence_output(const RecurrenceParams p) {
  const Lane me;
  const Place at(p);
  char* memory = shared_memory();
  Keys keys(memory);
  const OutputTiles tiles(memory + Keys::Bytes, me.warp);
  // Later blocks have more to do: every scheduler of the multiprocessor gets some of each.
  const int block = (me.warp + (me.warp >> 2)) % Blocks;
  keys.begin<OutputThreads>(p, at);
  if ((me.warp >> 2) < at.group) tiles.rows.copy(p.q, at.b, at.token + block * Block, at.kv_head * at.group + (me.warp >> 2), p.tokens, me);
  if (p.add) prefetch_rows<OutputThreads>(p.o, at, at.kv_head * at.group, at.group);
  copy_square<OutputThreads>(tiles.state, p.states + at.index * D * D);
  copy_tile<OutputThreads>(tiles.values, p.v, at.b, at.token, at.kv_head, at.count);
  keys.load<OutputThreads>(p, at);
  const bool flat = keys.flat();
  if (flat)
    keys.flatten<OutputThreads>(tiles.rebased);
  else
    keys.rebase<OutputThreads>(tiles.rebased);
  wait_copies();
  __syncthreads();
  if (flat)
    output_heads<true>(p, at, keys, tiles, block, me);
  else
    output_heads<false>(p, at, keys, tiles, block, me);
}

#include "gated_linear_attention_gradients.cuh"
#include "gated_linear_attention_backward.cuh"
