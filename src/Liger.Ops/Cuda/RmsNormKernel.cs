namespace Liger.Ops.Cuda;

/// <summary><see cref="RmsNorm"/> of bf16 rows in one pass each way.</summary>
internal static class RmsNormKernel
{
    private const string Source = "rms_norm.cu";
    private const int Vector = 8, Threads = 256;

    internal static bool Serves(Tensor x, Tensor weight) =>
        CudaKernels.Serve(x) && x.dtype == bfloat16 && weight.dtype == bfloat16 && x.shape[^1] % Vector == 0;

    /// <returns>y like x, and 1/rms of every row, fp32.</returns>
    internal static (Tensor Output, Tensor Inverse) Forward(Tensor x, Tensor weight, double epsilon)
    {
        using var rows = x.contiguous();
        var columns = x.shape[^1];
        var (y, inverse) = (empty_like(rows), empty([x.numel() / columns], float32, x.device));
        CudaModule.Get(Source).Launch("rms_norm_forward", (inverse.shape[0], 1, 1), Threads, 0, [rows, weight, y, inverse, (int)columns, (float)epsilon]);
        return (y, inverse);
    }

    /// <returns>The gradient of x.</returns>
    internal static Tensor Backward(Tensor x, Tensor weight, Tensor inverse, Tensor grad)
    {
        using var rows = x.contiguous();
        using var gradRows = grad.contiguous();
        var dx = empty_like(rows);
        CudaModule.Get(Source).Launch("rms_norm_backward", (inverse.shape[0], 1, 1), Threads, 0, [rows, weight, inverse, gradRows, dx, (int)x.shape[^1]]);
        return dx;
    }
}
