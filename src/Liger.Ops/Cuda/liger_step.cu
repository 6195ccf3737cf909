// One token of Liger attention for decoding: window softmax over a ring of rotated keys and values, one step of a gated recurrence, their mixture.
//   S ← diag(e^g) S + φ(k) vᵀ,  far = Sᵀ φ(q),  near = Σ softmax(q·K/√D) V,  o = mix · near + (1 − mix) · far
//   GLA: φ = softmax over the D channels, g = log σ(k)/τ; HGRN2: φ(k) = 1 − e^g.
// A block has 32 value columns of one kv head and one row of the batch, and its group's query heads: 128 threads. Each block finds the scores
// of all slots (they are few); the state, D × 32 columns in fp32, goes through registers once. Bound by the state's bytes at large batches, by
// latency at small ones. bf16 in and out, everything between in fp32; against the plain step: a rounding of each branch less.
#include "vectors.cuh"

#define COLUMNS 32
#define STEP_THREADS 128

// The softmax of D numbers in shared memory, by one warp, in place.
__device__ __forceinline__ void softmax_row(float* row, int count, int lane) {
  float most = -INFINITY;
  for (int i = lane; i < count; i += 32) most = fmaxf(most, row[i]);
  most = warp_max(most);
  float sum = 0.0f;
  for (int i = lane; i < count; i += 32) {
    row[i] = exp2_fast((row[i] - most) * Log2E);
    sum += row[i];
  }
  const float scale = 1.0f / warp_sum(sum);
  for (int i = lane; i < count; i += 32) row[i] *= scale;
}

// q [B,H,D], k and v [B,Hkv,D] before rotary embedding; cos, sin [D/2] of the token; ring_keys, ring_values [B,Hkv,S,D]; state [B,Hkv,D,D];
// position [1]; o [B,H,D]. Grid: D/32 × Hkv × B. Shared: (2R + 4) D + R S + 4 R 32 floats.
KERNEL liger_step(const bf16* q, const bf16* k, const bf16* v, const bf16* cosines, const bf16* sines, bf16* ring_keys, bf16* ring_values,
                  float* state, const int64* position, bf16* o, int heads, int kv_heads, int window, int sinks, float mix,
                  float inverse_divisor, int complementary) {
  const int D = HEAD_DIM, R = GROUPS;
  const int slice = blockIdx.x * COLUMNS, kv = blockIdx.y, lane = threadIdx.x & 31, warp = threadIdx.x >> 5;
  const int64 row = (int64)blockIdx.z * kv_heads + kv;
  const int slots = window + sinks;
  float* shared = (float*)shared_memory();
  float* turned_q = shared;              // [R,D], scaled
  float* features_q = turned_q + R * D;  // [R,D]
  float* turned_k = features_q + R * D;  // [D]
  float* features_k = turned_k + D;      // [D]
  float* decay = features_k + D;         // [D]
  float* values = decay + D;             // [D]
  float* scores = values + D;            // [R,S]
  float* parts = scores + R * slots;     // [4,R,32]

  const int64 at = position[0];
  const int here = (int)(at < sinks ? at : sinks + (at - sinks) % window);
  const int held = (int)(at + 1 < slots ? at + 1 : slots);
  q += ((int64)blockIdx.z * heads + kv * R) * D;
  k += row * D;
  v += row * D;
  ring_keys += row * slots * D;
  ring_values += row * slots * D;
  state += row * D * D;
  o += ((int64)blockIdx.z * heads + kv * R) * D;

  const float inverse_root = rsqrtf((float)D);
  for (int d = threadIdx.x; d < D; d += STEP_THREADS) {
    const int pair = d < D / 2 ? d + D / 2 : d - D / 2, half = d % (D / 2);
    const float c = widen(cosines[half]), s = d < D / 2 ? -widen(sines[half]) : widen(sines[half]);
#pragma unroll
    for (int r = 0; r < R; r++) {
      const float x = widen(q[r * D + d]);
      features_q[r * D + d] = x;
      turned_q[r * D + d] = widen(narrow(x * c + widen(q[r * D + pair]) * s)) * inverse_root;
    }
    const float x = widen(k[d]);
    const bf16 turned = narrow(x * c + widen(k[pair]) * s);
    turned_k[d] = widen(turned);
    values[d] = widen(v[d]);
    decay[d] = exp2_fast(log2_sigmoid(x) * inverse_divisor);
    features_k[d] = complementary ? 1.0f - decay[d] : x;
    // The others read this slot from shared memory.
    if (blockIdx.x == 0) ring_keys[here * D + d] = turned;
    if (d >= slice && d < slice + COLUMNS) ring_values[here * D + d] = v[d];
  }
  __syncthreads();
  for (int r = warp; r < R + 1; r += 4) {
    if (r < R)
      softmax_row(features_q + r * D, D, lane);
    else if (!complementary)
      softmax_row(features_k, D, lane);
  }
  for (int i = threadIdx.x; i < R * held; i += STEP_THREADS) {
    const int slot = i / R, r = i % R;
    const float* query = turned_q + r * D;
    float score = 0.0f;
    if (slot == here) {
      for (int d = 0; d < D; d++) score += query[d] * turned_k[d];
    } else {
      for (int d = 0; d < D; d += 8) {
        const Eight key = load_eight(ring_keys + slot * D + d);
#pragma unroll
        for (int j = 0; j < 8; j++) score += query[d + j] * key.at[j];
      }
    }
    scores[r * slots + slot] = score;
  }
  __syncthreads();
  for (int r = warp; r < R; r += 4) softmax_row(scores + r * slots, held, lane);
  __syncthreads();

  // Every warp takes a quarter of the slots and of the state's rows, every lane a column.
  float near[R], far[R];
#pragma unroll
  for (int r = 0; r < R; r++) near[r] = far[r] = 0.0f;
  for (int slot = warp; slot < held; slot += 4) {
    const float x = slot == here ? values[slice + lane] : widen(ring_values[slot * D + slice + lane]);
#pragma unroll
    for (int r = 0; r < R; r++) near[r] += scores[r * slots + slot] * x;
  }
  const float x = values[slice + lane];
#pragma unroll 8
  for (int d = warp; d < D; d += 4) {
    float* place = state + d * D + slice + lane;
    const float s = *place * decay[d] + features_k[d] * x;
    *place = s;
#pragma unroll
    for (int r = 0; r < R; r++) far[r] += features_q[r * D + d] * s;
  }
#pragma unroll
  for (int r = 0; r < R; r++) parts[(warp * R + r) * COLUMNS + lane] = mix * near[r] + (1.0f - mix) * far[r];
  __syncthreads();
  for (int r = warp; r < R; r += 4) {
    float sum = 0.0f;
#pragma unroll
    for (int w = 0; w < 4; w++) sum += parts[(w * R + r) * COLUMNS + lane];
    o[r * D + slice + lane] = narrow(sum);
  }
}
