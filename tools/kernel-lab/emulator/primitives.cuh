// Stands in for src/Liger.Ops/Cuda/primitives.cuh on a machine without a GPU: each thread of a block is a fiber, the lanes of a warp run
// in turn from one exchange to the next, and tensor-core products follow the fragment layouts of the PTX manual. For correctness only.
#pragma once
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

typedef unsigned short bf16;
typedef long long int64;
#define __global__
#define __device__
#define __forceinline__ inline
#define __shared__ static
#define __launch_bounds__(...)
#define KERNEL static void

struct dim3 { unsigned x = 1, y = 1, z = 1; };
struct uint4 { unsigned x, y, z, w; };
struct float2 { float x, y; };
struct float4 { float x, y, z, w; };
inline uint4 make_uint4(unsigned x, unsigned y, unsigned z, unsigned w) { return {x, y, z, w}; }
inline float2 make_float2(float x, float y) { return {x, y}; }
inline float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }
inline float rsqrtf(float x) { return 1.0f / sqrtf(x); }

namespace emulator {
enum Wait { Running, Exchange, Barrier, Done };
struct Fiber { void* stack; void* sp; Wait wait; unsigned exchanges; };
constexpr int MaxThreads = 1024;
extern Fiber fibers[MaxThreads];
extern int current;
extern dim3 thread, block, size;
extern char* shared;
extern uint64_t board[2][MaxThreads][4];
void pause(Wait wait);
// Publishes four words of a lane and waits until all lanes of its warp have done so; gives the warp's words.
inline uint64_t (*exchange(const uint64_t (&words)[4]))[4] {
  const int parity = fibers[current].exchanges++ & 1;
  memcpy(board[parity][current], words, sizeof words);
  pause(Exchange);
  return board[parity] + (current & ~31);
}
}  // namespace emulator

#define threadIdx emulator::thread
#define blockDim emulator::size
#define blockIdx emulator::block
inline void __syncthreads() { emulator::pause(emulator::Barrier); }
inline char* shared_memory() { return emulator::shared; }

inline float from_bits(unsigned x) { float f; memcpy(&f, &x, 4); return f; }
inline float low(unsigned pair) { return from_bits(pair << 16); }
inline float high(unsigned pair) { return from_bits(pair & 0xffff0000u); }
inline float widen(bf16 x) { return from_bits((unsigned)x << 16); }
inline bf16 narrow(float x) {
  unsigned bits;
  memcpy(&bits, &x, 4);
  if (x != x) return 0x7fff;
  return (bf16)((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}
inline unsigned pack(float first, float second) { return narrow(first) | (unsigned)narrow(second) << 16; }
inline float exp2_fast(float x) { return exp2f(x); }
inline float log2_fast(float x) { return log2f(x); }

inline float lane_xor(float x, int mask) {
  unsigned bits;
  memcpy(&bits, &x, 4);
  const int lane = emulator::current & 31;
  return from_bits((unsigned)emulator::exchange({bits, 0, 0, 0})[lane ^ mask][0]);
}

inline void multiply(float (&c)[4], const unsigned (&a)[4], unsigned b0, unsigned b1) {
  auto warp = emulator::exchange({a[0] | (uint64_t)a[1] << 32, a[2] | (uint64_t)a[3] << 32, b0 | (uint64_t)b1 << 32, 0});
  const int lane = emulator::current & 31, group = lane >> 2, pair = lane & 3;
  auto word = [](uint64_t x, int i) { return (unsigned)(x >> (32 * i)); };
  for (int i = 0; i < 4; i++) {
    const int row = group + (i >> 1) * 8, column = pair * 2 + (i & 1);
    float sum = 0;
    for (int k = 0; k < 16; k++) {
      const int r = (row >> 3) + 2 * (k >> 3);
      const unsigned left = word(warp[(row & 7) * 4 + (k & 7) / 2][r >> 1], r & 1), right = word(warp[column * 4 + (k & 7) / 2][2], k >> 3);
      sum += (k & 1 ? high(left) : low(left)) * (k & 1 ? high(right) : low(right));
    }
    c[i] += sum;
  }
}

inline void load_matrices(unsigned (&r)[4], const bf16* row, bool transposed = false) {
  if ((uintptr_t)row & 15) { fprintf(stderr, "fragment load off its 16 bytes\n"); abort(); }
  auto warp = emulator::exchange({(uint64_t)row, 0, 0, 0});
  const int lane = emulator::current & 31, group = lane >> 2, pair = lane & 3;
  const bf16* rows[32];
  for (int i = 0; i < 32; i++) rows[i] = (const bf16*)warp[i][0];
  for (int i = 0; i < 4; i++) {
    const bf16 first = transposed ? rows[i * 8 + pair * 2][group] : rows[i * 8 + group][pair * 2];
    const bf16 second = transposed ? rows[i * 8 + pair * 2 + 1][group] : rows[i * 8 + group][pair * 2 + 1];
    r[i] = first | (unsigned)second << 16;
  }
}
inline void load_matrices_transposed(unsigned (&r)[4], const bf16* row) { load_matrices(r, row, true); }

inline void __syncwarp() { emulator::exchange({0, 0, 0, 0}); }
inline int __any_sync(unsigned, bool x) {
  auto warp = emulator::exchange({x, 0, 0, 0});
  bool any = false;
  for (int i = 0; i < 32; i++) any |= warp[i][0] != 0;
  return any;
}

inline void prefetch(const void*) {}

inline float lane_at(float x, int lane) {
  unsigned bits;
  memcpy(&bits, &x, 4);
  return from_bits((unsigned)emulator::exchange({bits, 0, 0, 0})[lane][0]);
}

inline void copy_async(void* to, const void* from, bool valid) {
  if (valid) memcpy(to, from, 16); else memset(to, 0, 16);
}
inline void wait_copies() {}
inline void close_copies() {}
inline void wait_first_copies() {}
