// y = w · round(x · r), r = 1/√(mean(x²) + ε); and, with n = x·r and s = w · dy, dx = r (s − n · mean(n · s)).
// One block a row of C columns, 8 columns a thread and turn; the second pass finds the row in the cache. Bound by memory: x and y once, dy and dx once.
// Sums in fp32; against the naive form: one rounding to bf16.
#include "vectors.cuh"

KERNEL rms_norm_forward(const bf16* x, const bf16* weight, bf16* y, float* inverse, int columns, float epsilon) {
  const int64 row = blockIdx.x;
  x += row * columns;
  y += row * columns;
  float squares = 0.0f;
  for (int c = threadIdx.x * 8; c < columns; c += blockDim.x * 8) {
    const Eight v = load_eight(x + c);
#pragma unroll
    for (int i = 0; i < 8; i++) squares += v.at[i] * v.at[i];
  }
  const float r = rsqrtf(block_sum(squares) / columns + epsilon);
  if (threadIdx.x == 0) inverse[row] = r;
  for (int c = threadIdx.x * 8; c < columns; c += blockDim.x * 8) {
    Eight v = load_eight(x + c);
    const Eight w = load_eight(weight + c);
#pragma unroll
    for (int i = 0; i < 8; i++) v.at[i] = w.at[i] * widen(narrow(v.at[i] * r));
    store_eight(y + c, v);
  }
}

KERNEL rms_norm_backward(const bf16* x, const bf16* weight, const float* inverse, const bf16* dy, bf16* dx, int columns) {
  const int64 row = blockIdx.x;
  x += row * columns;
  dy += row * columns;
  dx += row * columns;
  const float r = inverse[row];
  float products = 0.0f;
  for (int c = threadIdx.x * 8; c < columns; c += blockDim.x * 8) {
    const Eight v = load_eight(x + c), w = load_eight(weight + c), g = load_eight(dy + c);
#pragma unroll
    for (int i = 0; i < 8; i++) products += v.at[i] * r * (w.at[i] * g.at[i]);
  }
  const float mean = block_sum(products) / columns;
  for (int c = threadIdx.x * 8; c < columns; c += blockDim.x * 8) {
    const Eight v = load_eight(x + c), w = load_eight(weight + c);
    Eight g = load_eight(dy + c);
#pragma unroll
    for (int i = 0; i < 8; i++) g.at[i] = r * (w.at[i] * g.at[i] - v.at[i] * r * mean);
    store_eight(dx + c, g);
  }
}
