using Liger.Torch.Native;

namespace Liger.Torch;

/// <summary>What libtorch says of itself and of its memory, beyond TorchSharp's API.</summary>
public static class TorchLibrary
{
    /// <summary>Version of the libtorch that was compiled against.</summary>
    public static string Version => TorchSharp.torch.__version__;

    /// <summary>How libtorch was built and how it runs in parallel, as it prints it.</summary>
    public static unsafe string BuildConfiguration => NativeMethods.Text(NativeMethods.lt_build_config());

    /// <summary>Bytes of GPU memory in use, at most in use since the last reset, and held by the allocator.</summary>
    /// <param name="device">Index of the GPU; -1 is the current one.</param>
    public static (long Allocated, long Peak, long Reserved) CudaMemory(int device = -1)
    {
        NativeMethods.Check(NativeMethods.lt_cuda_memory(device, out var allocated, out var peak, out var reserved));
        return (allocated, peak, reserved);
    }

    /// <summary>Starts a new measurement of the peak of <see cref="CudaMemory"/>.</summary>
    public static void ResetCudaPeak(int device = -1) => NativeMethods.Check(NativeMethods.lt_cuda_reset_peak(device));

    /// <summary>Gives GPU memory that no tensor uses back to the driver.</summary>
    public static void EmptyCudaCache() => NativeMethods.Check(NativeMethods.lt_cuda_empty_cache());

    /// <summary>Whether fp32 products on the GPU may round their operands to tf32. Off unless switched on.</summary>
    public static void AllowTf32(bool allow) => NativeMethods.Check(NativeMethods.lt_allow_tf32(allow ? 1 : 0));

    /// <summary>Whether tensors' addresses and the stream of libtorch's work can be had, which kernels of one's own need.</summary>
    public static bool HasDeviceAccess => true;

    /// <summary>The CUDA stream that libtorch's work on this thread goes to; 0 is the default stream.</summary>
    public static nint CudaStream()
    {
        NativeMethods.Check(NativeMethods.lt_cuda_stream(out var stream));
        return stream;
    }

    /// <summary>The address of a tensor's first element on its device.</summary>
    public static nint Address(TorchSharp.torch.Tensor tensor) => tensor.DataPointer();
}
