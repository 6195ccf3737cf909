// Calls any ATen operator by its schema. One function serves every operator, so the managed side names
// an operator once and new ones need no native code.
#include "guard.h"

#include <ATen/core/stack.h>
#include <torch/csrc/api/include/torch/utils.h>

using lt::guarded;
using lt::hand_over;
using lt::tensor;

namespace {

c10::IValue to_ivalue(const lt_value& value, const c10::Argument& argument);

c10::IValue tensor_list(const lt_value& value, bool optional_elements) {
  auto* handles = static_cast<const lt_tensor*>(value.p);
  if (optional_elements) {
    c10::List<lt::compat::OptionalTensor> list;
    for (int64_t i = 0; i < value.i; i++)
      list.push_back(handles[i] ? lt::compat::OptionalTensor(tensor(handles[i])) : lt::compat::OptionalTensor());
    return list;
  }
  c10::List<at::Tensor> list;
  list.reserve(value.i);
  for (int64_t i = 0; i < value.i; i++) list.push_back(tensor(handles[i]));
  return list;
}

c10::IValue to_ivalue(const lt_value& value, const c10::Argument& argument) {
  switch (value.kind) {
    case LT_NONE:
      // An undefined tensor and None mean the same to an optional tensor argument.
      return c10::IValue();
    case LT_TENSOR:
      return tensor(reinterpret_cast<lt_tensor>(const_cast<void*>(value.p)));
    case LT_INT:
      return argument.type()->kind() == c10::TypeKind::FloatType ? c10::IValue(static_cast<double>(value.i))
                                                                 : c10::IValue(value.i);
    case LT_DOUBLE:
      return value.d;
    case LT_BOOL:
      return value.i != 0;
    case LT_INT_LIST: {
      auto* items = static_cast<const int64_t*>(value.p);
      return std::vector<int64_t>(items, items + value.i);
    }
    case LT_TENSOR_LIST: {
      const auto* list = argument.type()->cast<c10::ListType>().get();
      return tensor_list(value, list && list->getElementType()->kind() == c10::TypeKind::OptionalType);
    }
    case LT_DEVICE:
      return c10::Device(static_cast<c10::DeviceType>(value.i >> 32),
                         static_cast<c10::DeviceIndex>(static_cast<int32_t>(value.i & 0xffffffff)));
    case LT_STRING:
      return std::string(static_cast<const char*>(value.p), value.i);
    case LT_GENERATOR:
      return lt::generator(reinterpret_cast<lt_generator>(const_cast<void*>(value.p)));
    default:
      TORCH_CHECK(false, "unknown value kind ", value.kind);
  }
}

lt_value result_of(const c10::IValue& value) {
  lt_value result{};
  if (value.isTensor()) {
    result.kind = LT_TENSOR;
    result.p = value.toTensor().defined() ? hand_over(value.toTensor()) : nullptr;
  } else if (value.isInt()) {
    result.kind = LT_INT;
    result.i = value.toInt();
  } else if (value.isDouble()) {
    result.kind = LT_DOUBLE;
    result.d = value.toDouble();
  } else if (value.isBool()) {
    result.kind = LT_BOOL;
    result.i = value.toBool();
  } else {
    TORCH_CHECK(value.isNone(), "an operator returned a value of kind ", value.tagKind(), ", which is not bound");
  }
  return result;
}

}  // namespace

int32_t lt_op_find(const char* name, const char* overload, lt_op* result) {
  return guarded([&] {
    auto found = c10::Dispatcher::singleton().findSchema({name, overload});
    TORCH_CHECK(found.has_value(), "this libtorch has no operator ", name, ".", overload);
    *result = reinterpret_cast<lt_op>(new c10::OperatorHandle(*found));
  });
}

int32_t lt_op_call(lt_op op, const lt_value* arguments, int32_t count, lt_value* results, int32_t capacity,
                   int32_t* result_count) {
  return guarded([&] {
    const auto& handle = *reinterpret_cast<const c10::OperatorHandle*>(op);
    const auto& declared = handle.schema().arguments();
    TORCH_CHECK(count <= static_cast<int32_t>(declared.size()), handle.schema().name(), " takes ", declared.size(),
                " arguments, got ", count);
    torch::jit::Stack stack;
    stack.reserve(declared.size());
    for (int32_t i = 0; i < count; i++) stack.push_back(to_ivalue(arguments[i], declared[i]));
    for (size_t i = count; i < declared.size(); i++) {
      TORCH_CHECK(declared[i].default_value().has_value(), handle.schema().name(), ": argument ", declared[i].name(),
                  " is missing");
      stack.push_back(*declared[i].default_value());
    }
    handle.callBoxed(stack);

    int32_t written = 0;
    if (capacity > 0) {
      for (const auto& value : stack) {
        if (value.isTensorList()) {
          for (const at::Tensor& item : value.toTensorList().vec()) {
            TORCH_CHECK(written < capacity, handle.schema().name(), ": more results than expected");
            results[written++] = result_of(item);
          }
        } else {
          TORCH_CHECK(written < capacity, handle.schema().name(), ": more results than expected");
          results[written++] = result_of(value);
        }
      }
    }
    *result_count = written;
  });
}

int32_t lt_generator_create(uint64_t seed, int32_t device_type, int32_t device_index, lt_generator* result) {
  return guarded([&] {
    const auto device = c10::Device(static_cast<c10::DeviceType>(device_type), device_index);
    at::Generator made;
    if (device.is_cpu()) made = at::detail::createCPUGenerator(seed);
#ifdef LT_WITH_CUDA
    if (device.is_cuda()) {
      made = at::cuda::detail::createCUDAGenerator(device.index());
      made.set_current_seed(seed);
    }
#endif
    TORCH_CHECK(made.defined(), "no random generator for device ", device);
    *result = reinterpret_cast<lt_generator>(new at::Generator(std::move(made)));
  });
}

int32_t lt_generator_release(lt_generator generator) {
  return guarded([&] { delete reinterpret_cast<at::Generator*>(generator); });
}

int32_t lt_generator_seed(lt_generator generator, uint64_t seed) {
  return guarded([&] {
    std::lock_guard<std::mutex> lock(lt::generator(generator).mutex());
    lt::generator(generator).set_current_seed(seed);
  });
}

int32_t lt_generator_get_state(lt_generator generator, lt_tensor* result) {
  return guarded([&] {
    std::lock_guard<std::mutex> lock(lt::generator(generator).mutex());
    *result = hand_over(lt::generator(generator).get_state());
  });
}

int32_t lt_generator_set_state(lt_generator generator, lt_tensor state) {
  return guarded([&] {
    std::lock_guard<std::mutex> lock(lt::generator(generator).mutex());
    lt::generator(generator).set_state(tensor(state));
  });
}

int32_t lt_manual_seed(uint64_t seed) {
  return guarded([&] { at::manual_seed(seed); });
}
