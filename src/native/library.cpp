#include "guard.h"

#include <ATen/Version.h>

namespace {

thread_local std::string last_error;

// Symbolizing the stack of every thrown error takes milliseconds and tells a C# reader nothing.
const bool without_stack_traces = [] {
  c10::SetStackTraceFetcher(std::function<std::string()>([] { return std::string(); }));
  return true;
}();

}  // namespace

void lt::set_error(const char* message) { last_error = message; }

int32_t lt_abi_version() { return LT_ABI_VERSION; }

const char* lt_last_error() { return last_error.c_str(); }

const char* lt_torch_version() { return TORCH_VERSION; }

const char* lt_build_config() {
  static const std::string config = at::show_config() + at::get_parallel_info();
  return config.c_str();
}

int32_t lt_set_num_threads(int32_t threads) {
  return lt::guarded([&] { at::set_num_threads(threads); });
}

int32_t lt_get_num_threads(int32_t* threads) {
  return lt::guarded([&] { *threads = at::get_num_threads(); });
}
