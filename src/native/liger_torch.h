// The C ABI between the managed face (src/Liger.Torch) and libtorch.
//
// Every function returns a status: 0 is success, anything else is failure, and lt_last_error() of the
// same thread then holds the message. Results come through out-parameters. A tensor handle owns one
// reference to an at::Tensor and is released with lt_tensor_release.
#pragma once
#include <cstdint>

#define LT_API extern "C" __attribute__((visibility("default")))
#define LT_ABI_VERSION 2

typedef struct lt_tensor_opaque* lt_tensor;
typedef struct lt_generator_opaque* lt_generator;
typedef struct lt_graph_opaque* lt_graph;
typedef struct lt_node_opaque* lt_node;
typedef const struct lt_op_opaque* lt_op;

// The tag of an lt_value; the managed twin is ValueKind in Value.cs.
enum lt_kind : int32_t {
  LT_NONE = 0,
  LT_TENSOR = 1,       // p: lt_tensor
  LT_INT = 2,          // i
  LT_DOUBLE = 3,       // d
  LT_BOOL = 4,         // i: 0 or 1
  LT_INT_LIST = 5,     // p: const int64_t*, i: length
  LT_TENSOR_LIST = 6,  // p: const lt_tensor*, i: length
  LT_DEVICE = 7,       // i: type << 32 | uint32(index)
  LT_STRING = 8,       // p: UTF-8, i: length in bytes
  LT_GENERATOR = 9,    // p: lt_generator
};

typedef struct {
  int32_t kind;
  int32_t reserved;
  int64_t i;
  double d;
  const void* p;
} lt_value;

// library.cpp
LT_API int32_t lt_abi_version();
LT_API const char* lt_last_error();
LT_API const char* lt_torch_version();
LT_API const char* lt_build_config();
LT_API int32_t lt_set_num_threads(int32_t threads);
LT_API int32_t lt_get_num_threads(int32_t* threads);

// tensor.cpp
LT_API int32_t lt_tensor_release(lt_tensor tensor);
LT_API int32_t lt_tensor_alias(lt_tensor tensor, lt_tensor* result);
LT_API int32_t lt_tensor_dim(lt_tensor tensor, int64_t* dim);
LT_API int32_t lt_tensor_shape(lt_tensor tensor, int64_t* sizes, int64_t* strides);
LT_API int32_t lt_tensor_info(lt_tensor tensor, int64_t* numel, int64_t* element_size, int32_t* dtype,
                              int32_t* device_type, int32_t* device_index, int32_t* flags);
LT_API int32_t lt_tensor_data(lt_tensor tensor, void** data);
LT_API int32_t lt_tensor_requires_grad(lt_tensor tensor, int32_t value);
LT_API int32_t lt_tensor_retain_grad(lt_tensor tensor);
LT_API int32_t lt_tensor_grad(lt_tensor tensor, lt_tensor* result);
LT_API int32_t lt_tensor_set_grad(lt_tensor tensor, lt_tensor grad);

// dispatch.cpp
LT_API int32_t lt_op_find(const char* name, const char* overload, lt_op* result);
LT_API int32_t lt_op_call(lt_op op, const lt_value* arguments, int32_t count, lt_value* results,
                          int32_t capacity, int32_t* result_count);
LT_API int32_t lt_generator_create(uint64_t seed, int32_t device_type, int32_t device_index, lt_generator* result);
LT_API int32_t lt_generator_release(lt_generator generator);
LT_API int32_t lt_generator_seed(lt_generator generator, uint64_t seed);
LT_API int32_t lt_generator_get_state(lt_generator generator, lt_tensor* result);
LT_API int32_t lt_generator_set_state(lt_generator generator, lt_tensor state);
LT_API int32_t lt_manual_seed(uint64_t seed);

// autograd.cpp
// Computes the gradients of a managed function's inputs. Null grads are undefined; results are handed over.
typedef int32_t (*lt_backward_callback)(intptr_t context, lt_node node, const lt_tensor* grads, int32_t grad_count,
                                        lt_tensor* results, int32_t result_count);
typedef void (*lt_release_callback)(intptr_t context);
LT_API int32_t lt_autograd_callbacks(lt_backward_callback backward, lt_release_callback release);
LT_API int32_t lt_autograd_attach(intptr_t context, int32_t materialize, const char* name, const lt_tensor* inputs,
                                  int32_t input_count, const lt_tensor* outputs, const int32_t* differentiable,
                                  int32_t output_count, const lt_tensor* saved, int32_t saved_count);
LT_API int32_t lt_autograd_saved(lt_node node, int32_t index, lt_tensor* result);
LT_API void lt_autograd_fail(const char* message);
LT_API int32_t lt_autograd_backward(const lt_tensor* tensors, const lt_tensor* grads, int32_t count, int32_t retain_graph,
                                    int32_t create_graph, const lt_tensor* inputs, int32_t input_count);
LT_API int32_t lt_autograd_grad(const lt_tensor* outputs, const lt_tensor* grads, int32_t count, const lt_tensor* inputs,
                                int32_t input_count, int32_t retain_graph, int32_t create_graph, int32_t allow_unused,
                                lt_tensor* results);
LT_API int32_t lt_grad_mode(int32_t* enabled);
LT_API int32_t lt_set_grad_mode(int32_t enabled);

// device.cpp
LT_API int32_t lt_cuda_available(int32_t* available);
LT_API int32_t lt_cuda_count(int32_t* count);
LT_API int32_t lt_cuda_synchronize(int32_t device);
LT_API int32_t lt_cuda_memory(int32_t device, int64_t* allocated, int64_t* peak, int64_t* reserved);
LT_API int32_t lt_cuda_reset_peak(int32_t device);
LT_API int32_t lt_cuda_empty_cache();
LT_API int32_t lt_allow_tf32(int32_t allow);
// The stream that libtorch's work on this thread goes to; null is the default stream.
LT_API int32_t lt_cuda_stream(void** stream);

// graph.cpp: work recorded once and replayed as a whole. Between begin and end this thread works on another stream.
LT_API int32_t lt_graph_begin(lt_graph* result);
LT_API int32_t lt_graph_end(lt_graph graph);
LT_API int32_t lt_graph_replay(lt_graph graph);
LT_API int32_t lt_graph_release(lt_graph graph);
