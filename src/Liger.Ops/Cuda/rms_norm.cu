// s = x + δ where there is a δ, else x; y = w · round(s · r), r = 1/√(mean(s²) + ε); and, with n = s·r and g = w · dy,
// ds = dz + r (g − n · mean(n · g)) where dz is what comes for s itself.
// One block a row of C ≤ 16 · threads columns, which stay in registers. Bound by memory: every row in and out once.
// Sums in fp32; against the naive form: one rounding to bf16, and of s one more.
#include "vectors.cuh"

constexpr int Parts = 2;  // of eight columns a thread

__device__ __forceinline__ int part_column(int i) { return (i * blockDim.x + threadIdx.x) * 8; }

KERNEL rms_norm_forward(const bf16* x, const bf16* delta, const bf16* weight, bf16* sum, bf16* y, float* inverse, int columns, float epsilon) {
  const int64 row = (int64)blockIdx.x * columns;
  Eight s[Parts];
  float squares = 0.0f;
#pragma unroll
  for (int i = 0; i < Parts; i++) {
    const int c = part_column(i);
    if (c >= columns) continue;
    s[i] = load_eight(x + row + c);
    if (delta != nullptr) {
      const Eight d = load_eight(delta + row + c);
#pragma unroll
      for (int n = 0; n < 8; n++) s[i].at[n] = widen(narrow(s[i].at[n] + d.at[n]));
      store_eight(sum + row + c, s[i]);
    }
#pragma unroll
    for (int n = 0; n < 8; n++) squares += s[i].at[n] * s[i].at[n];
  }
  const float r = rsqrtf(block_sum(squares) / columns + epsilon);
  if (threadIdx.x == 0) inverse[blockIdx.x] = r;
#pragma unroll
  for (int i = 0; i < Parts; i++) {
    const int c = part_column(i);
    if (c >= columns) continue;
    const Eight w = load_eight(weight + c);
#pragma unroll
    for (int n = 0; n < 8; n++) s[i].at[n] = w.at[n] * widen(narrow(s[i].at[n] * r));
    store_eight(y + row + c, s[i]);
  }
}

KERNEL rms_norm_backward(const bf16* s, const bf16* weight, const float* inverse, const bf16* dy, const bf16* dz, bf16* ds, int columns) {
  const int64 row = (int64)blockIdx.x * columns;
  const float r = inverse[blockIdx.x];
  Eight normed[Parts], scaled[Parts];
  float products = 0.0f;
#pragma unroll
  for (int i = 0; i < Parts; i++) {
    const int c = part_column(i);
    if (c >= columns) continue;
    normed[i] = load_eight(s + row + c), scaled[i] = load_eight(dy + row + c);
    const Eight w = load_eight(weight + c);
#pragma unroll
    for (int n = 0; n < 8; n++) {
      normed[i].at[n] *= r;
      scaled[i].at[n] *= w.at[n];
      products += normed[i].at[n] * scaled[i].at[n];
    }
  }
  const float mean = block_sum(products) / columns;
#pragma unroll
  for (int i = 0; i < Parts; i++) {
    const int c = part_column(i);
    if (c >= columns) continue;
    Eight sum = {};
    if (dz != nullptr) sum = load_eight(dz + row + c);
#pragma unroll
    for (int n = 0; n < 8; n++) sum.at[n] += r * (scaled[i].at[n] - normed[i].at[n] * mean);
    store_eight(ds + row + c, sum);
  }
}
