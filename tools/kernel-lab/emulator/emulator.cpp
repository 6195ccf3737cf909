// Runs the kernels on the processor. Built once for each head dimension and gate:
//   g++ -O1 -fPIC -shared -DHEAD_DIM=128 -DGATE=0 -I<folder with the kernels and this primitives.cuh> emulator.cpp
#include "window_attention.cu"
#include "gated_linear_attention.cu"
#include "rms_norm.cu"
#include <type_traits>
#include <vector>

namespace emulator {
Fiber fibers[MaxThreads];
int current;
dim3 thread, block, size;
char* shared;
uint64_t board[2][MaxThreads][4];
static void* scheduler;
static void (*entry)();

// Saves the callee-saved registers and goes on with another stack.
extern "C" void switch_stack(void** from, void* to);
asm(R"(
.text
switch_stack:
  push %rbp
  push %rbx
  push %r12
  push %r13
  push %r14
  push %r15
  mov %rsp, (%rdi)
  mov %rsi, %rsp
  pop %r15
  pop %r14
  pop %r13
  pop %r12
  pop %rbx
  pop %rbp
  ret
)");

void pause(Wait wait) {
  fibers[current].wait = wait;
  switch_stack(&fibers[current].sp, scheduler);
}

static void body() {
  entry();
  pause(Done);
  abort();
}

static void resume(int i) {
  current = i;
  thread.x = i;
  fibers[i].wait = Running;
  switch_stack(&scheduler, fibers[i].sp);
}

// Lanes of a warp must reach the same kind of wait together.
static Wait run_warp(int warp) {
  for (;;) {
    for (int lane = 0; lane < 32; lane++) resume(warp * 32 + lane);
    const Wait wait = fibers[warp * 32].wait;
    for (int lane = 1; lane < 32; lane++)
      if (fibers[warp * 32 + lane].wait != wait) { fprintf(stderr, "warp %d diverged\n", warp); abort(); }
    if (wait != Exchange) return wait;
  }
}

static void run(void (*kernel)(), dim3 grid, int threads, int shared_bytes, bool backwards) {
  constexpr size_t Stack = 1 << 16;
  entry = kernel;
  size.x = threads;
  std::vector<char> stacks(threads * Stack), memory(shared_bytes + 64);
  shared = (char*)(((uintptr_t)memory.data() + 63) & ~(uintptr_t)63);
  for (block.z = 0; block.z < grid.z; block.z++)
    for (block.y = 0; block.y < grid.y; block.y++)
      for (block.x = 0; block.x < grid.x; block.x++) {
        memset(shared, 0xff, shared_bytes);  // not-a-number everywhere
        for (int i = 0; i < threads; i++) {
          uintptr_t top = ((uintptr_t)stacks.data() + (i + 1) * Stack) & ~(uintptr_t)15;
          void** sp = (void**)top - 2;
          *sp = (void*)body;
          fibers[i] = {nullptr, sp - 6, Running, 0};
        }
        // The order of the warps between two barriers must not matter.
        for (Wait wait = Barrier; wait == Barrier;)
          for (int w = 0; w < threads / 32; w++) {
            const Wait reached = run_warp(backwards ? threads / 32 - 1 - w : w);
            if (w > 0 && reached != wait) { fprintf(stderr, "warps do not meet at a barrier\n"); abort(); }
            wait = reached;
          }
      }
}

template <typename Params, void (*Kernel)(Params)>
static void launch(const void* params, dim3 grid, int threads, int shared_bytes, bool backwards) {
  static std::remove_const_t<Params> copy;
  copy = *(const Params*)params;
  run([] { Kernel(copy); }, grid, threads, shared_bytes, backwards);
}
}  // namespace emulator

// Kernels that take their arguments one by one.
struct NormForward {
  const bf16 *x, *delta, *weight;
  bf16 *sum, *y;
  float* inverse;
  int columns;
  float epsilon;
};
struct NormBackward {
  const bf16 *s, *weight;
  const float* inverse;
  const bf16 *dy, *dz;
  bf16* ds;
  int columns;
};
KERNEL norm_forward(const NormForward p) { rms_norm_forward(p.x, p.delta, p.weight, p.sum, p.y, p.inverse, p.columns, p.epsilon); }
KERNEL norm_backward(const NormBackward p) { rms_norm_backward(p.s, p.weight, p.inverse, p.dy, p.dz, p.ds, p.columns); }

#define ENTRY(Params, name) if (!strcmp(kernel, #name)) return emulator::launch<Params, name>(params, {x, y, z}, threads, shared_bytes, backwards)

extern "C" void emulate(const char* kernel, const void* params, unsigned x, unsigned y, unsigned z, int threads, int shared_bytes, bool backwards) {
  ENTRY(const WindowParams, window_forward);
  ENTRY(const WindowParams, window_forward_near);
  ENTRY(const WindowParams, window_backward_queries);
  ENTRY(const WindowParams, window_backward_queries_near);
  ENTRY(const WindowParams, window_backward_keys);
  ENTRY(const RecurrenceParams, recurrence_contributions);
  ENTRY(const RecurrenceParams, recurrence_scan);
  ENTRY(const RecurrenceParams, recurrence_output);
  ENTRY(const RecurrenceParams, recurrence_gradient_contributions);
  ENTRY(const RecurrenceParams, recurrence_gradient_scan);
  ENTRY(const RecurrenceParams, recurrence_backward);
  ENTRY(const NormForward, norm_forward);
  ENTRY(const NormBackward, norm_backward);
  fprintf(stderr, "no kernel %s\n", kernel);
  abort();
}
