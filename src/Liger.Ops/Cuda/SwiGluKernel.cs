namespace Liger.Ops.Cuda;

/// <summary><see cref="SwiGlu"/> of bf16 in one pass each way.</summary>
internal static class SwiGluKernel
{
    private const string Source = "swiglu.cu";
    private const int Vector = 8, Threads = 256;

    internal static bool Serves(Tensor gate, Tensor up) =>
        CudaKernels.Serve(gate) && gate.dtype == bfloat16 && up.dtype == bfloat16 && gate.shape[^1] % Vector == 0 && gate.is_contiguous() && up.is_contiguous();

    internal static Tensor Forward(Tensor gate, Tensor up)
    {
        var y = empty_like(gate);
        CudaModule.Get(Source).Launch("swiglu_forward", Grid(gate), Threads, 0, [gate, up, y, gate.numel()]);
        return y;
    }

    internal static (Tensor Gate, Tensor Up) Backward(Tensor gate, Tensor up, Tensor grad)
    {
        using var given = grad.contiguous();
        var (ofGate, ofUp) = (empty_like(gate), empty_like(up));
        CudaModule.Get(Source).Launch("swiglu_backward", Grid(gate), Threads, 0, [gate, up, given, ofGate, ofUp, gate.numel()]);
        return (ofGate, ofUp);
    }

    private static (long X, long Y, long Z) Grid(Tensor gate) => ((gate.numel() + (Vector * Threads) - 1) / (Vector * Threads), 1, 1);
}
