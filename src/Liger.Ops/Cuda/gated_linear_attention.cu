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
#include "gated_keys.cuh"

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

KERNEL __launch_bounds__(Threads, 2) recurrence_contributions(const RecurrenceParams p) {
  const Lane me;
  const Place at(p);
  char* memory = shared_memory();
  Keys keys(memory);
  bf16* values = (bf16*)(memory + Keys::Bytes);
  bf16* decayed = values + Chunk * Pitch;
  keys.begin<Threads>(p, at);
  copy_tile<Threads>(values, p.v, at.b, at.token, at.kv_head, at.count);
  prefetch_rows<Threads>(p.q, at, at.kv_head * at.group, at.group);
  keys.load<Threads>(p, at);
  keys.decay_to_end<Threads>(decayed);
  if (threadIdx.x < D) p.totals[at.index * D + threadIdx.x] = keys.last() == keys.before() ? keys.sum(Chunk - 1, threadIdx.x) : -INFINITY;
  wait_copies();
  __syncthreads();
  float acc[Columns / 8][4];
  clear(acc);
  outer_product(acc, decayed, values, me);
  store_square(p.states + at.index * D * D, acc, 1.0f, me);
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

KERNEL __launch_bounds__(OutputThreads, 1) recurrence_output(const RecurrenceParams p) {
  const Lane me;
  const Place at(p);
  char* memory = shared_memory();
  Keys keys(memory);
  bf16* rebased = (bf16*)(memory + Keys::Bytes);
  bf16* state = rebased + RebasedRows * Pitch;
  bf16* values = state + D * Pitch;
  const WarpRows rows((char*)(values + Chunk * Pitch), me.warp);
  const int block = me.warp & 3, first = block * Block;
  keys.begin<OutputThreads>(p, at);
  if ((me.warp >> 2) < at.group) rows.copy(p.q, at.b, at.token + first, at.kv_head * at.group + (me.warp >> 2), p.tokens, me);
  if (p.add) prefetch_rows<OutputThreads>(p.o, at, at.kv_head * at.group, at.group);
  copy_square<OutputThreads>(state, p.states + at.index * D * D);
  copy_tile<OutputThreads>(values, p.v, at.b, at.token, at.kv_head, at.count);
  keys.load<OutputThreads>(p, at);
  keys.rebase<OutputThreads>(rebased);
  wait_copies();
  __syncthreads();

  const bool continues[2] = {keys.continues(first + me.row), keys.continues(first + me.row + 8)};
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
    // q̂ since the base of the block, first against the keys before it.
#pragma unroll
    for (int k = 0; k < Steps; k++)
#pragma unroll
      for (int r = 0; r < 4; r++) {
        const int t = first + me.row + (r & 1) * 8, d = k * 16 + me.column + (r >> 1) * 8;
        const float2 g = keys.sum_pair(t, d), base = keys.base_pair(block, d);
        q[k][r] = pack(query_feature(low(q[k][r]), shift[r & 1]) * decay(g.x, base.x), query_feature(high(q[k][r]), shift[r & 1]) * decay(g.y, base.y));
      }
    float acc[D / 8][4];
    clear(acc);
    for (int n = 0; n <= block; n++) {
      unsigned a[4];
      if (n == block) {
        const bf16* own = p.diagonals + ((at.index * at.group + h) * Chunk + first + me.row) * DiagonalPitch + me.column;
        a[0] = pair_at(own), a[1] = pair_at(own + 8 * DiagonalPitch), a[2] = pair_at(own + 8), a[3] = pair_at(own + 8 * DiagonalPitch + 8);
      } else {
        float s[2][4];
        clear(s);
#pragma unroll
        for (int k = 0; k < Steps; k++) {
          unsigned b[4];
          load_b(b, rebased, Pitch, k * 16, Keys::rebased_row(block) + n * Block, me.lane);
          multiply(s[0], q[k], b[0], b[1]);
          multiply(s[1], q[k], b[2], b[3]);
        }
#pragma unroll
        for (int r = 0; r < 4; r++) {
          const int document = keys.documents[first + me.row + (r & 1) * 8];
          const int* others = keys.documents + n * Block + me.column + (r >> 1) * 8;
          a[r] = pack(document == others[0] ? s[r >> 1][2 * (r & 1)] : 0.0f, document == others[1] ? s[r >> 1][2 * (r & 1) + 1] : 0.0f);
        }
      }
#pragma unroll
      for (int m = 0; m < D / 16; m++) {
        unsigned b[4];
        load_b_transposed(b, values, Pitch, n * Block, m * 16, me.lane);
        multiply(acc[2 * m], a, b[0], b[1]);
        multiply(acc[2 * m + 1], a, b[2], b[3]);
      }
    }
    // Then, decayed on from the chunk's start to the base, against the state.
#pragma unroll
    for (int k = 0; k < Steps; k++) {
      unsigned carried[4];
#pragma unroll
      for (int r = 0; r < 4; r++) {
        const float2 base = keys.base_pair(block, k * 16 + me.column + (r >> 1) * 8);
        const bool kept = continues[r & 1];
        carried[r] = kept ? pack(low(q[k][r]) * exp2_fast(base.x), high(q[k][r]) * exp2_fast(base.y)) : 0u;
      }
#pragma unroll
      for (int n = 0; n < D / 16; n++) {
        unsigned b[4];
        load_b_transposed(b, state, Pitch, k * 16, n * 16, me.lane);
        multiply(acc[2 * n], carried, b[0], b[1]);
        multiply(acc[2 * n + 1], carried, b[2], b[3]);
      }
    }
    WarpRows::wait();
    rows.put(acc, p.weight, p.weight, p.add, me);
    rows.store(p.o, at.b, at.token + first, head, p.tokens, me);
  }
}

#include "gated_linear_attention_gradients.cuh"
#include "gated_linear_attention_backward.cuh"
