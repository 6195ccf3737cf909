#include "guard.h"

using lt::guarded;
using lt::hand_over;
using lt::tensor;
using lt::tensors;

namespace {

lt_backward_callback backward_callback = nullptr;
lt_release_callback release_callback = nullptr;
thread_local std::string callback_error;

// A node of the graph whose backward is a managed function. The managed context lives as long as the node.
struct ManagedFunction : torch::autograd::Node {
  ManagedFunction(intptr_t context, bool materialize, std::string label)
      : context(context), materialize(materialize), label(std::move(label)) {}

  ~ManagedFunction() override { release_callback(context); }

  std::string name() const override { return label; }

  void release_variables() override {
    std::lock_guard<std::mutex> lock(mutex_);
    saved.clear();
    released = true;
  }

  torch::autograd::variable_list apply(torch::autograd::variable_list&& grads) override {
    // The lock belongs to release_variables and apply alone; managed code runs outside of it.
    TORCH_CHECK(!released, label, ": trying to go backward through the graph a second time");
    std::vector<lt_tensor> given;
    for (uint32_t i = 0; i < grads.size(); i++) {
      auto grad = grads[i];
      if (!grad.defined() && materialize) grad = input_metadata(i).zeros_like();
      given.push_back(grad.defined() ? hand_over(grad) : nullptr);
    }
    std::vector<lt_tensor> results(num_outputs(), nullptr);
    const auto status = backward_callback(context, reinterpret_cast<lt_node>(this), given.data(),
                                          static_cast<int32_t>(given.size()), results.data(),
                                          static_cast<int32_t>(results.size()));
    if (status != 0) throw std::runtime_error(label + " (backward): " + callback_error);
    torch::autograd::variable_list made;
    for (auto handle : results) {
      made.push_back(handle ? tensor(handle) : at::Tensor());
      if (handle) lt_tensor_release(handle);
    }
    return made;
  }

  intptr_t context;
  bool materialize;
  std::string label;
  bool released = false;
  std::vector<torch::autograd::SavedVariable> saved;
};

}  // namespace

int32_t lt_autograd_callbacks(lt_backward_callback backward, lt_release_callback release) {
  backward_callback = backward;
  release_callback = release;
  return 0;
}

int32_t lt_autograd_attach(intptr_t context, int32_t materialize, const char* name, const lt_tensor* inputs,
                           int32_t input_count, const lt_tensor* outputs, const int32_t* differentiable,
                           int32_t output_count, const lt_tensor* saved, int32_t saved_count) {
  return guarded([&] {
    auto node = std::shared_ptr<ManagedFunction>(new ManagedFunction(context, materialize != 0, name),
                                                 torch::autograd::deleteNode);
    node->set_next_edges(torch::autograd::collect_next_edges(tensors(inputs, input_count)));
    for (int32_t i = 0; i < output_count; i++) {
      if (!differentiable[i]) {
        node->add_input_metadata(tensor(outputs[i]));
        continue;
      }
      torch::autograd::set_history(tensor(outputs[i]), node);
    }
    for (int32_t i = 0; i < saved_count; i++) {
      bool is_output = false;
      for (int32_t j = 0; j < output_count && saved[i]; j++) is_output |= tensor(saved[i]).is_same(tensor(outputs[j]));
      node->saved.emplace_back(saved[i] ? tensor(saved[i]) : at::Tensor(), is_output);
    }
  });
}

int32_t lt_autograd_saved(lt_node handle, int32_t index, lt_tensor* result) {
  return guarded([&] {
    auto* node = reinterpret_cast<ManagedFunction*>(handle);
    TORCH_CHECK(index >= 0, "no saved tensor ", index);
    if (index >= static_cast<int32_t>(node->saved.size())) {
      *result = nullptr;
      return;
    }
    auto value = node->saved[index].unpack(node->shared_from_this());
    *result = value.defined() ? hand_over(value) : nullptr;
  });
}

void lt_autograd_fail(const char* message) { callback_error = message; }

int32_t lt_autograd_backward(const lt_tensor* roots, const lt_tensor* grads, int32_t count, int32_t retain_graph,
                             int32_t create_graph, const lt_tensor* inputs, int32_t input_count) {
  return guarded([&] {
    torch::autograd::backward(tensors(roots, count), grads ? tensors(grads, count) : std::vector<at::Tensor>(),
                              retain_graph != 0, create_graph != 0, tensors(inputs, input_count));
  });
}

int32_t lt_autograd_grad(const lt_tensor* outputs, const lt_tensor* grads, int32_t count, const lt_tensor* inputs,
                         int32_t input_count, int32_t retain_graph, int32_t create_graph, int32_t allow_unused,
                         lt_tensor* results) {
  return guarded([&] {
    const auto made = torch::autograd::grad(
        tensors(outputs, count), tensors(inputs, input_count), grads ? tensors(grads, count) : std::vector<at::Tensor>(),
        retain_graph != 0, create_graph != 0, allow_unused != 0);
    for (int32_t i = 0; i < input_count; i++) results[i] = made[i].defined() ? hand_over(made[i]) : nullptr;
  });
}

int32_t lt_grad_mode(int32_t* enabled) {
  return guarded([&] { *enabled = at::GradMode::is_enabled(); });
}

int32_t lt_set_grad_mode(int32_t enabled) {
  return guarded([&] { at::GradMode::set_enabled(enabled != 0); });
}
