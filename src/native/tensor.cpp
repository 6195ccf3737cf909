#include "guard.h"

using lt::guarded;
using lt::hand_over;
using lt::tensor;

namespace {

enum flag : int32_t { requires_grad = 1, is_leaf = 2, is_contiguous = 4 };

}  // namespace

int32_t lt_tensor_release(lt_tensor handle) {
  return guarded([&] { delete reinterpret_cast<at::Tensor*>(handle); });
}

int32_t lt_tensor_alias(lt_tensor handle, lt_tensor* result) {
  return guarded([&] { *result = hand_over(tensor(handle)); });
}

int32_t lt_tensor_dim(lt_tensor handle, int64_t* dim) {
  return guarded([&] { *dim = tensor(handle).dim(); });
}

int32_t lt_tensor_shape(lt_tensor handle, int64_t* sizes, int64_t* strides) {
  return guarded([&] {
    const auto& t = tensor(handle);
    for (int64_t i = 0; i < t.dim(); i++) {
      if (sizes) sizes[i] = t.size(i);
      if (strides) strides[i] = t.stride(i);
    }
  });
}

int32_t lt_tensor_info(lt_tensor handle, int64_t* numel, int64_t* element_size, int32_t* dtype, int32_t* device_type,
                       int32_t* device_index, int32_t* flags) {
  return guarded([&] {
    const auto& t = tensor(handle);
    *numel = t.numel();
    *element_size = static_cast<int64_t>(t.element_size());
    *dtype = static_cast<int32_t>(t.scalar_type());
    *device_type = static_cast<int32_t>(t.device().type());
    *device_index = t.device().index();
    *flags = (t.requires_grad() ? requires_grad : 0) | (t.is_leaf() ? is_leaf : 0) |
             (t.is_contiguous() ? is_contiguous : 0);
  });
}

int32_t lt_tensor_data(lt_tensor handle, void** data) {
  return guarded([&] { *data = tensor(handle).data_ptr(); });
}

int32_t lt_tensor_requires_grad(lt_tensor handle, int32_t value) {
  return guarded([&] { tensor(handle).requires_grad_(value != 0); });
}

int32_t lt_tensor_retain_grad(lt_tensor handle) {
  return guarded([&] { tensor(handle).retain_grad(); });
}

int32_t lt_tensor_grad(lt_tensor handle, lt_tensor* result) {
  return guarded([&] {
    const auto& grad = tensor(handle).grad();
    *result = grad.defined() ? hand_over(grad) : nullptr;
  });
}

int32_t lt_tensor_set_grad(lt_tensor handle, lt_tensor grad) {
  return guarded([&] { tensor(handle).mutable_grad() = grad ? tensor(grad) : at::Tensor(); });
}
