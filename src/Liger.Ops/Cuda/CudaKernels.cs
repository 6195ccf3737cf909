using Liger.Torch;

namespace Liger.Ops.Cuda;

/// <summary>What stands between this process and the project's own CUDA kernels.</summary>
/// <param name="Available">Whether they can be compiled and run.</param>
/// <param name="Reason">Why not, and what to do; null where they can.</param>
/// <param name="Card">The GPU's name; null without one.</param>
/// <param name="Driver">The newest CUDA version that the driver serves.</param>
/// <param name="Compiler">The run-time compiler's version and file.</param>
/// <param name="Architecture">What kernels are compiled for, such as "sm_90a".</param>
public sealed record CudaKernelStatus(bool Available, string? Reason, string? Card = null, string? Driver = null, string? Compiler = null, string? Architecture = null);

/// <summary>
/// The project's CUDA kernels: faster forms of operations that are complete without them. Where they are not available, or
/// switched off, the forms out of tensor operations run.
/// </summary>
public static class CudaKernels
{
    // The architecture whose own instructions need the name with an "a".
    private const int Hopper = 90, Oldest = 80;

    private static readonly Lazy<CudaKernelStatus> Found = new(Find);

    /// <summary>Whether kernels are used where they are available. Default true; tests and benchmarks compare with it off.</summary>
    public static bool Enabled { get; set; } = true;

    /// <summary>What there is. Asked for the first time, it looks for the compiler.</summary>
    public static CudaKernelStatus Status => Found.Value;

    /// <summary>Whether an operation on this tensor should take its kernel. Modules belong to the first GPU; on another, tensor operations run.</summary>
    internal static bool Serve(Tensor tensor) => Enabled && tensor.is_cuda && tensor.device.index <= 0 && Status.Available;

    private static CudaKernelStatus Find()
    {
        if (!cuda.is_available())
            return new(false, "libtorch sees no GPU.");
        if (!TorchLibrary.HasDeviceAccess)
            return new(false, "the TorchSharp package gives no access to streams and addresses. Build without -p:TorchProvider=TorchSharp.");
        try
        {
            using var awake = zeros([1], float32, device("cuda:0"));
            Driver.UseDevice(0);
            var (card, driver) = (Driver.Name(0), Driver.Version());
            var capability = (Driver.Attribute(Driver.ComputeCapabilityMajor, 0) * 10) + Driver.Attribute(Driver.ComputeCapabilityMinor, 0);
            if (capability < Oldest)
                return new(false, $"the kernels need compute capability {Oldest / 10.0:F1} or later, {card} has {capability / 10.0:F1}.", card, driver);
            if (Nvrtc.Load() is not { } compiler)
                return new(false, "CUDA's run-time compiler libnvrtc was not found beside libtorch's CUDA libraries nor in /usr/local/cuda. Install the package that holds it, such as nvidia-cuda-nvrtc.", card, driver);
            return new(true, null, card, driver, $"{Nvrtc.Version()} ({compiler})", capability == Hopper ? $"sm_{capability}a" : $"sm_{capability}");
        }
        catch (Exception error) when (error is OpsException or DllNotFoundException or EntryPointNotFoundException)
        {
            return new(false, error.Message);
        }
    }
}
