namespace Liger.Ops.Cuda;

/// <summary><see cref="RmsNorm"/> of bf16 rows in one pass each way, with the sum before it.</summary>
internal static class RmsNormKernel
{
    private const string Source = "rms_norm.cu";
    private const int Vector = 8, ColumnsAThread = 16, Warp = 32, MostThreads = 1024;

    internal static bool Serves(Tensor x, Tensor weight) =>
        CudaKernels.Serve(x) && x.dtype == bfloat16 && weight.dtype == bfloat16 && x.shape[^1] % Vector == 0 && x.shape[^1] <= ColumnsAThread * MostThreads;

    /// <param name="x">[…,C].</param>
    /// <param name="delta">Like x, added to it first; null: nothing is added.</param>
    /// <param name="weight">[C].</param>
    /// <param name="epsilon">As for <see cref="RmsNorm"/>.</param>
    /// <returns>The sum, null where nothing is added; y like x; and 1/rms of every row, fp32.</returns>
    internal static (Tensor? Sum, Tensor Output, Tensor Inverse) Forward(Tensor x, Tensor? delta, Tensor weight, double epsilon)
    {
        using var rows = x.contiguous();
        using var added = delta?.contiguous();
        var columns = x.shape[^1];
        var (y, inverse) = (empty_like(rows), empty([x.numel() / columns], float32, x.device));
        var sum = delta is null ? null : empty_like(rows);
        CudaModule.Get(Source).Launch("rms_norm_forward", (inverse.shape[0], 1, 1), Threads(columns), 0, [rows, added, weight, sum, y, inverse, (int)columns, (float)epsilon]);
        return (sum, y, inverse);
    }

    /// <param name="sum">What was normed.</param>
    /// <param name="weight">[C].</param>
    /// <param name="inverse">1/rms of every row.</param>
    /// <param name="grad">Of y.</param>
    /// <param name="ofSum">What comes for the sum itself; null: nothing.</param>
    /// <returns>The whole gradient of the sum.</returns>
    internal static Tensor Backward(Tensor sum, Tensor weight, Tensor inverse, Tensor grad, Tensor? ofSum)
    {
        using var rows = sum.contiguous();
        using var gradRows = grad.contiguous();
        using var sumRows = ofSum?.contiguous();
        var dx = empty_like(rows);
        CudaModule.Get(Source).Launch("rms_norm_backward", (inverse.shape[0], 1, 1), Threads(sum.shape[^1]), 0, [rows, weight, inverse, gradRows, sumRows, dx, (int)sum.shape[^1]]);
        return dx;
    }

    private static int Threads(long columns) => (int)((columns + (ColumnsAThread * Warp) - 1) / (ColumnsAThread * Warp)) * Warp;
}
