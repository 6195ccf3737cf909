#include "guard.h"

using lt::guarded;

#ifdef LT_WITH_CUDA

namespace {

// Recording must not happen on the default stream, on which other threads' work may wait.
struct Graph {
  at::cuda::CUDAGraph recorded;
  std::unique_ptr<c10::cuda::CUDAStreamGuard> elsewhere;
};

Graph& graph(lt_graph handle) { return *reinterpret_cast<Graph*>(handle); }

}  // namespace

int32_t lt_graph_begin(lt_graph* result) {
  return guarded([&] {
    auto made = std::make_unique<Graph>();
    c10::cuda::device_synchronize();
    made->elsewhere = std::make_unique<c10::cuda::CUDAStreamGuard>(c10::cuda::getStreamFromPool());
    made->recorded.capture_begin();
    *result = reinterpret_cast<lt_graph>(made.release());
  });
}

int32_t lt_graph_end(lt_graph handle) {
  return guarded([&] {
    auto& made = graph(handle);
    // The stream is given back also when recording failed.
    auto elsewhere = std::move(made.elsewhere);
    made.recorded.capture_end();
  });
}

int32_t lt_graph_replay(lt_graph handle) {
  return guarded([&] { graph(handle).recorded.replay(); });
}

int32_t lt_graph_release(lt_graph handle) {
  return guarded([&] { delete reinterpret_cast<Graph*>(handle); });
}

#else

using lt::without_cuda;

int32_t lt_graph_begin(lt_graph*) { return without_cuda(); }
int32_t lt_graph_end(lt_graph) { return without_cuda(); }
int32_t lt_graph_replay(lt_graph) { return without_cuda(); }
int32_t lt_graph_release(lt_graph) { return without_cuda(); }

#endif
