// Keeps C++ exceptions on this side of the border, and turns handles into tensors and back.
#pragma once
#include "compat.h"
#include "liger_torch.h"

#include <exception>
#include <string>
#include <vector>

namespace lt {

void set_error(const char* message);

// libtorch's own errors are told without the place in its C++ sources that what() appends. oneDNN throws its own
// exception type, so everything derived from std::exception is caught.
template <typename Body>
int32_t guarded(Body&& body) {
  try {
    body();
    return 0;
  } catch (const c10::Error& e) {
    set_error(e.what_without_backtrace());
  } catch (const std::exception& e) {
    set_error(e.what());
  } catch (...) {
    set_error("unknown native error");
  }
  return 1;
}

inline at::Tensor& tensor(lt_tensor handle) {
  TORCH_CHECK(handle != nullptr, "the tensor has been disposed");
  return *reinterpret_cast<at::Tensor*>(handle);
}

inline lt_tensor hand_over(at::Tensor value) {
  return reinterpret_cast<lt_tensor>(new at::Tensor(std::move(value)));
}

inline at::Generator& generator(lt_generator handle) { return *reinterpret_cast<at::Generator*>(handle); }

inline std::vector<at::Tensor> tensors(const lt_tensor* handles, int32_t count) {
  std::vector<at::Tensor> result;
  result.reserve(count);
  for (int32_t i = 0; i < count; i++)
    result.push_back(handles[i] ? tensor(handles[i]) : at::Tensor());
  return result;
}

#ifndef LT_WITH_CUDA
inline int32_t without_cuda() {
  return guarded([] { TORCH_CHECK(false, "this libtorch was built without CUDA"); });
}
#endif

}  // namespace lt
