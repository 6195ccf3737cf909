namespace Liger.Torch;

/// <summary>The members of the default build's TorchLibrary, as far as the TorchSharp package can answer them.</summary>
public static class TorchLibrary
{
    private const string Remedy = "the TorchSharp package does not offer it. Build without -p:TorchProvider=TorchSharp.";

    /// <summary>Version of libtorch.</summary>
    public static string Version => TorchSharp.torch.__version__;

    /// <summary>The package says nothing of how it was built.</summary>
    public static string BuildConfiguration => "TorchSharp package";

    /// <summary>Not offered by the package.</summary>
    public static (long Allocated, long Peak, long Reserved) CudaMemory(int device = -1) => throw new NotSupportedException($"GPU {device} memory: {Remedy}");

    /// <summary>Not offered by the package.</summary>
    public static void ResetCudaPeak(int device = -1) => throw new NotSupportedException($"GPU {device} peak memory: {Remedy}");

    /// <summary>Not offered by the package.</summary>
    public static void EmptyCudaCache() => throw new NotSupportedException($"releasing GPU memory: {Remedy}");

    /// <summary>Whether fp32 products on the GPU may round their operands to tf32.</summary>
    public static void AllowTf32(bool allow) => TorchSharp.torch.backends.cuda.matmul.allow_tf32 = allow;

    /// <summary>Not offered by the package.</summary>
    public static bool HasDeviceAccess => false;

    /// <summary>Not offered by the package.</summary>
    public static nint CudaStream() => throw new NotSupportedException($"the CUDA stream: {Remedy}");

    /// <summary>Not offered by the package.</summary>
    public static nint Address(TorchSharp.torch.Tensor tensor) => throw new NotSupportedException($"the address of {tensor}: {Remedy}");
}
