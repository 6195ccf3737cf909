// What the kernels of the window share: which keys a query sees, the keys' tiles in shared memory, and scores.
#pragma once
#include "rotary.cuh"

struct WindowParams {
  View q, k, v, o;     // o: the output, or in backward its gradient
  View dq, dk, dv;
  RotaryTable rotary;
  const int64* documents;  // [B,T], or null
  float *lse, *delta;      // [B,H,T]
  int tokens, heads, kv_heads, window, sinks;
  float weight;
};

// Which key tiles a query tile sees: those that hold sinks, then the window's.
struct KeyTiles {
  int first, last, sinks;
  __device__ KeyTiles(const WindowParams& p, int tile) {
    int from = tile * Chunk - p.window + 1;
    first = from > 0 ? from / Chunk : 0;
    last = tile;
    sinks = (p.sinks + Chunk - 1) / Chunk;
    if (sinks > first) sinks = first;
  }
  __device__ int count() const { return sinks + last - first + 1; }
  __device__ int operator[](int i) const { return i < sinks ? i : first + i - sinks; }
};

// Puts −∞ in the place of scores of pairs that do not see each other. Rows and columns: tokens that number 0 of the tile stands for, with
// the documents from there on.
template <bool KeysInRows, int N>
__device__ __forceinline__ void hide(float (&s)[N][4], const WindowParams& p, int rows, const int* row_documents, int columns,
                                     const int* column_documents, const Lane& me) {
#pragma unroll
  for (int n = 0; n < N; n++)
#pragma unroll
    for (int c = 0; c < 4; c++) {
      const int row = rows + me.row + (c >> 1) * 8, column = columns + n * 8 + me.column + (c & 1);
      const int i = KeysInRows ? column : row, j = KeysInRows ? row : column;
      const bool seen = (j <= i) & ((i - j < p.window) | (j < p.sinks)) & (i < p.tokens);
      s[n][c] = seen ? s[n][c] : -INFINITY;
    }
  if (p.documents == nullptr) return;
#pragma unroll
  for (int n = 0; n < N; n++)
#pragma unroll
    for (int c = 0; c < 4; c++)
      if (row_documents[me.row + (c >> 1) * 8] != column_documents[n * 8 + me.column + (c & 1)]) s[n][c] = -INFINITY;
}

// Whether any of the 16 queries from i sees any of the 16 keys from j, documents aside.
__device__ __forceinline__ bool any_visible(const WindowParams& p, int i, int j) {
  return j <= i + Block - 1 && (i - (j + Block - 1) < p.window || j < p.sinks);
}

__device__ __forceinline__ void load_documents(int* to, const WindowParams& p, int b, int tile) {
  if (p.documents == nullptr) return;
  for (int i = threadIdx.x; i < Chunk; i += Threads) {
    int t = tile * Chunk + i;
    to[i] = t < p.tokens ? (int)p.documents[b * p.tokens + t] : -1;
  }
}

// s[16 × 16] += the 16 rows from m · the 16 rows from n, transposed
__device__ __forceinline__ void scores(float (&s)[2][4], const bf16* left, int m, const bf16* right, int n, int lane) {
#pragma unroll
  for (int k = 0; k < Steps; k++) {
    unsigned a[4], b[4];
    load_a(a, left, Pitch, m, k * 16, lane);
    load_b(b, right, Pitch, k * 16, n, lane);
    multiply(s[0], a, b[0], b[1]);
    multiply(s[1], a, b[2], b[3]);
  }
}

// Two such products whose steps alternate, so that neither waits for itself.
__device__ __forceinline__ void scores(float (&s)[2][4], const bf16* left, const bf16* right, float (&ds)[2][4], const bf16* other_left,
                                       const bf16* other_right, int m, int n, int lane) {
#pragma unroll
  for (int k = 0; k < Steps; k++) {
    unsigned a[4], b[4], c[4], d[4];
    load_a(a, left, Pitch, m, k * 16, lane);
    load_b(b, right, Pitch, k * 16, n, lane);
    load_a(c, other_left, Pitch, m, k * 16, lane);
    load_b(d, other_right, Pitch, k * 16, n, lane);
    multiply(s[0], a, b[0], b[1]);
    multiply(ds[0], c, d[0], d[1]);
    multiply(s[1], a, b[2], b[3]);
    multiply(ds[1], c, d[2], d[3]);
  }
}

// acc[16 × D] += [first second] · tile[16 rows from k × D]
__device__ __forceinline__ void accumulate(float (&acc)[D / 8][4], const float (&first)[4], const float (&second)[4], const bf16* tile, int k, int lane) {
  unsigned a[4] = {pack(first[0], first[1]), pack(first[2], first[3]), pack(second[0], second[1]), pack(second[2], second[3])};
#pragma unroll
  for (int n = 0; n < D / 16; n++) {
    unsigned b[4];
    load_b_transposed(b, tile, Pitch, k, n * 16, lane);
    multiply(acc[2 * n], a, b[0], b[1]);
    multiply(acc[2 * n + 1], a, b[2], b[3]);
  }
}

// Whether all of them do.
__device__ __forceinline__ bool all_visible(const WindowParams& p, int i, int j) {
  return j + Block - 1 <= i && i + Block - 1 - j < p.window && i + Block <= p.tokens && p.documents == nullptr;
}

// The key tiles of one query tile in shared memory: loaded once where two suffice, again for every two or four heads otherwise.
struct KeyStore {
  bf16* tiles;  // the keys of both slots, then the values
  bool resident;
  static constexpr int Bytes = 4 * Chunk * Pitch * 2 + 3 * Chunk * 4;
  __device__ KeyStore(char* memory, int count) : tiles((bf16*)memory), resident(count <= 2) {}
  __device__ bf16* keys(int slot) const { return tiles + slot * Chunk * Pitch; }
  __device__ bf16* values(int slot) const { return tiles + (2 + slot) * Chunk * Pitch; }
  __device__ int* documents(int slot) const { return (int*)(tiles + 4 * Chunk * Pitch) + slot * Chunk; }
  __device__ int* query_documents() const { return documents(2); }

  // Every thread of the block calls these, in this order. Starts to bring tiles that stay.
  template <int Threads>
  __device__ void begin(const WindowParams& p, int b, int head, const KeyTiles& tiles) const {
    for (int i = 0; resident && i < tiles.count(); i++) bring<Threads>(p, b, head, tiles[i], i);
  }

  // Waits for them, once, and for everything else that this thread has copied in the background.
  template <int Threads>
  __device__ void ready(const WindowParams& p, int b, const KeyTiles& tiles, bool once) const {
    wait_copies();
    __syncwarp();
    if (!resident || !once) return;
    __syncthreads();
    for (int i = 0; i < tiles.count(); i++) turn_tile<Threads>(keys(i), p.rotary, b, tiles[i] * Chunk, p.tokens - tiles[i] * Chunk);
    __syncthreads();
  }

  // Gives where tile number `index` is.
  template <int Threads>
  __device__ int load(const WindowParams& p, int b, int head, const KeyTiles& tiles, int index) const {
    if (resident) return index;
    __syncthreads();
    bring<Threads>(p, b, head, tiles[index], 0);
    wait_copies();
    __syncthreads();
    turn_tile<Threads>(keys(0), p.rotary, b, tiles[index] * Chunk, p.tokens - tiles[index] * Chunk);
    __syncthreads();
    return 0;
  }

 private:
  template <int Threads>
  __device__ void bring(const WindowParams& p, int b, int head, int tile, int slot) const {
    copy_tile<Threads>(keys(slot), p.k, b, tile * Chunk, head, p.tokens - tile * Chunk);
    copy_tile<Threads>(values(slot), p.v, b, tile * Chunk, head, p.tokens - tile * Chunk);
    load_documents(documents(slot), p, b, tile);
  }
};
