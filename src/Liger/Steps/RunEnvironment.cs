using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using Liger.Ops.Cuda;
using Liger.Torch;
using TorchSharp;

namespace Liger.Steps;

/// <summary>The machine and the versions a run was made with.</summary>
public sealed record RunEnvironment
{
    /// <summary>Liger's version.</summary>
    public required string Liger { get; init; }

    /// <summary>The commit it was built from; null outside a checkout.</summary>
    public string? Commit { get; init; }

    /// <summary>The .NET runtime.</summary>
    public required string Dotnet { get; init; }

    /// <summary>The operating system.</summary>
    public required string System { get; init; }

    /// <summary>The processor's name.</summary>
    public required string Processor { get; init; }

    /// <summary>Processor threads that the process may use.</summary>
    public required int Threads { get; init; }

    /// <summary>Memory that the process may use, in bytes.</summary>
    public required long MemoryBytes { get; init; }

    /// <summary>libtorch's version.</summary>
    public required string Libtorch { get; init; }

    /// <summary>Threads that libtorch computes with.</summary>
    public required int TorchThreads { get; init; }

    /// <summary>The BLAS library that is loaded, as its file is named; null where it is part of libtorch.</summary>
    public string? Blas { get; init; }

    /// <summary>The devices that tensors can live on: cpu, cuda:0, …</summary>
    public required IReadOnlyList<string> Devices { get; init; }

    /// <summary>What the project's own CUDA kernels are compiled for and by, or why they do not run here; null without a GPU.</summary>
    public string? Kernels { get; init; }

    /// <summary>When this was written down, in universal time.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Looks around; loads libtorch.</summary>
    /// <exception cref="DllNotFoundException">libtorch cannot be loaded.</exception>
    public static RunEnvironment Current()
    {
        // The SDK appends "+commit" to the version of an assembly that is built from a checkout.
        var version = typeof(RunEnvironment).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";
        var plus = version.IndexOf('+', StringComparison.Ordinal);
        return new RunEnvironment
        {
            Liger = plus < 0 ? version : version[..plus],
            Commit = plus < 0 ? null : version[(plus + 1)..],
            Dotnet = RuntimeInformation.FrameworkDescription,
            System = RuntimeInformation.OSDescription,
            Processor = ProcessorName(),
            Threads = global::System.Environment.ProcessorCount,
            MemoryBytes = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
            Libtorch = TorchLibrary.Version,
            TorchThreads = torch.get_num_threads(),
            Blas = BlasFile(),
            Devices = DeviceNames(),
            Kernels = KernelsText(),
            At = TimeProvider.System.GetUtcNow(),
        };
    }

    private static string ProcessorName()
    {
        const string file = "/proc/cpuinfo";
        var line = File.Exists(file) ? File.ReadLines(file).FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal)) : null;
        return line?[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim() ?? RuntimeInformation.ProcessArchitecture.ToString();
    }

    private static string[] DeviceNames()
    {
        var gpus = torch.cuda.is_available() ? torch.cuda.device_count() : 0;
        return ["cpu", .. Enumerable.Range(0, gpus).Select(index => string.Create(CultureInfo.InvariantCulture, $"cuda:{index}"))];
    }

    private static string? KernelsText()
    {
        if (!torch.cuda.is_available()) return null;
        var status = CudaKernels.Status;
        return status.Available
            ? $"{status.Architecture} on {status.Card}, driver for CUDA {status.Driver}, NVRTC {status.Compiler}"
            : $"not available, slower operations run instead: {status.Reason}";
    }

    // The library that libtorch was linked to is known; which implementation stands behind that name only the process's own map says.
    private static string? BlasFile()
    {
        const string map = "/proc/self/maps";
        if (!File.Exists(map)) return null;
        string[] names = ["openblas", "libblas", "mkl_rt", "libblis"];
        return File.ReadLines(map)
            .Select(line => line[(line.LastIndexOf(' ') + 1)..])
            .FirstOrDefault(file => names.Any(name => Path.GetFileName(file).Contains(name, StringComparison.Ordinal)));
    }
}
