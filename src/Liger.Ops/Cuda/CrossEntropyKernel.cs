namespace Liger.Ops.Cuda;

/// <summary>Softmax cross-entropy of rows of bf16 logits, with its gradient in their place.</summary>
public static class CrossEntropyKernel
{
    private const string Source = "cross_entropy.cu";
    private const int Vector = 8, Threads = 512;

    /// <summary>Whether the kernel takes these logits.</summary>
    public static bool Serves(Tensor logits) => CudaKernels.Serve(logits) && logits.dtype == bfloat16 && logits.shape[1] % Vector == 0 && logits.is_contiguous();

    /// <param name="logits">[N,V]; becomes softmax − one-hot of the target where the gradient is asked for.</param>
    /// <param name="targets">[N] int64; below 0: the row's loss is 0, its gradient is to be weighted with 0.</param>
    /// <param name="gradient">Whether the gradient is made.</param>
    /// <returns>[N] in fp32: −log softmax at the target.</returns>
    public static Tensor Run(Tensor logits, Tensor targets, bool gradient)
    {
        var losses = empty([logits.shape[0]], float32, logits.device);
        CudaModule.Get(Source).Launch("cross_entropy", (logits.shape[0], 1, 1), Threads, 0, [logits, targets, losses, (int)logits.shape[1], gradient ? 1 : 0]);
        return losses;
    }
}
