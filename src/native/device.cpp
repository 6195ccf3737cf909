#include "guard.h"

using lt::guarded;

int32_t lt_cuda_available(int32_t* available) {
  return guarded([&] { *available = at::hasCUDA() && at::globalContext().hasCUDA() ? 1 : 0; });
}

#ifdef LT_WITH_CUDA

int32_t lt_cuda_count(int32_t* count) {
  return guarded([&] { *count = c10::cuda::device_count(); });
}

int32_t lt_cuda_synchronize(int32_t device) {
  return guarded([&] {
    const auto before = c10::cuda::current_device();
    if (device >= 0) c10::cuda::set_device(device);
    c10::cuda::device_synchronize();
    if (device >= 0) c10::cuda::set_device(before);
  });
}

int32_t lt_cuda_memory(int32_t device, int64_t* allocated, int64_t* peak, int64_t* reserved) {
  return guarded([&] {
    const auto stats = c10::cuda::CUDACachingAllocator::getDeviceStats(device < 0 ? c10::cuda::current_device() : device);
    *allocated = stats.allocated_bytes[0].current;
    *peak = stats.allocated_bytes[0].peak;
    *reserved = stats.reserved_bytes[0].current;
  });
}

int32_t lt_cuda_reset_peak(int32_t device) {
  return guarded(
      [&] { c10::cuda::CUDACachingAllocator::resetPeakStats(device < 0 ? c10::cuda::current_device() : device); });
}

int32_t lt_cuda_empty_cache() {
  return guarded([&] { c10::cuda::CUDACachingAllocator::emptyCache(); });
}

int32_t lt_cuda_stream(void** stream) {
  return guarded([&] { *stream = c10::cuda::getCurrentCUDAStream().stream(); });
}

#else

using lt::without_cuda;

int32_t lt_cuda_count(int32_t* count) {
  *count = 0;
  return 0;
}

int32_t lt_cuda_synchronize(int32_t) { return without_cuda(); }
int32_t lt_cuda_memory(int32_t, int64_t*, int64_t*, int64_t*) { return without_cuda(); }
int32_t lt_cuda_reset_peak(int32_t) { return without_cuda(); }
int32_t lt_cuda_empty_cache() { return without_cuda(); }
int32_t lt_cuda_stream(void**) { return without_cuda(); }

#endif

int32_t lt_allow_tf32(int32_t allow) {
  return guarded([&] {
    at::globalContext().setAllowTF32CuBLAS(allow != 0);
    at::globalContext().setAllowTF32CuDNN(allow != 0);
  });
}
