// For one row of logits z in bf16 and its target t: loss −= log softmax(z)_t, and z becomes softmax(z) − [t] in place.
// One block a row: a pass for the maximum and the sum together, one for the gradient; the row of up to 256 KiB stays in the second-level cache.
// Bound by memory: 2 reads and 1 write of the logits. In fp32; the gradient is rounded once to bf16.
#include "vectors.cuh"

KERNEL cross_entropy(bf16* logits, const int64* targets, float* losses, int columns, int gradient) {
  const int64 row = blockIdx.x;
  logits += row * columns;
  const int64 target = targets[row];
  float most = -INFINITY, sum = 0.0f;
  for (int c = threadIdx.x * 8; c < columns; c += blockDim.x * 8) {
    const Eight z = load_eight(logits + c);
    float here = z.at[0];
#pragma unroll
    for (int i = 1; i < 8; i++) here = fmaxf(here, z.at[i]);
    if (here > most) {
      sum *= exp2_fast((most - here) * Log2E);
      most = here;
    }
#pragma unroll
    for (int i = 0; i < 8; i++) sum += exp2_fast((z.at[i] - most) * Log2E);
  }
  const float highest = block_max(most);
  sum = block_sum(most == -INFINITY ? 0.0f : sum * exp2_fast((most - highest) * Log2E));
  if (threadIdx.x == 0) losses[row] = target < 0 ? 0.0f : highest + Ln2 * log2_fast(sum) - widen(logits[target]);
  if (!gradient) return;
  __syncthreads();
  const float scale = 1.0f / sum;
  for (int c = threadIdx.x * 8; c < columns; c += blockDim.x * 8) {
    Eight z = load_eight(logits + c);
#pragma unroll
    for (int i = 0; i < 8; i++) z.at[i] = exp2_fast((z.at[i] - highest) * Log2E) * scale - (c + i == target ? 1.0f : 0.0f);
    store_eight(logits + c, z);
  }
}
