// Sums and largest values over lanes that stand beside each other, and what kernels need of logarithms.
#pragma once
#include "primitives.cuh"

constexpr float Log2E = 1.4426950408889634f;
constexpr float Ln2 = 0.6931471805599453f;

// log2 σ(x), finite for every finite x.
__device__ __forceinline__ float log2_sigmoid(float x) { return fminf(x, 0.0f) * Log2E - log2_fast(1.0f + exp2_fast(-fabsf(x) * Log2E)); }

__device__ __forceinline__ float quad_sum(float x) {
  x += lane_xor(x, 1);
  return x + lane_xor(x, 2);
}

__device__ __forceinline__ float quad_max(float x) {
  x = fmaxf(x, lane_xor(x, 1));
  return fmaxf(x, lane_xor(x, 2));
}

// Over eight lanes, which share a row.
__device__ __forceinline__ float octet_sum(float x) {
  x = quad_sum(x);
  return x + lane_xor(x, 4);
}

__device__ __forceinline__ float octet_max(float x) {
  x = quad_max(x);
  return fmaxf(x, lane_xor(x, 4));
}

__device__ __forceinline__ float warp_sum(float x) {
  x = octet_sum(x);
  x += lane_xor(x, 8);
  return x + lane_xor(x, 16);
}

__device__ __forceinline__ float warp_max(float x) {
  x = octet_max(x);
  x = fmaxf(x, lane_xor(x, 8));
  return fmaxf(x, lane_xor(x, 16));
}
