using System.Collections.Concurrent;
using System.Text;
using Liger.Torch;

namespace Liger.Ops.Cuda;

/// <summary>
/// The kernels of one embedded source, compiled for the card at hand at first use. Sources are CUDA C++ without system headers;
/// what they include lies embedded beside them.
/// </summary>
internal sealed unsafe class CudaModule
{
    private const int DefaultSharedBytes = 48 << 10;
    private const int MostArguments = 48;

    private static readonly ConcurrentDictionary<string, Lazy<CudaModule>> Modules = new();

    private static readonly Lazy<Dictionary<string, string>> Headers = new(() =>
        Resources().Where(name => name.EndsWith(".cuh", StringComparison.Ordinal)).ToDictionary(name => name, Text));

    private readonly ConcurrentDictionary<(string Name, int SharedBytes), nint> kernels = new();
    private readonly nint module;
    private readonly string name;

    private CudaModule(string name, IReadOnlyList<string> defines)
    {
        this.name = name;
        string[] options = [$"--gpu-architecture={CudaKernels.Status.Architecture}", "--std=c++17", .. defines];
        var source = Text(name);
        var key = string.Join('\0', [Nvrtc.Version(), .. options, source, .. Headers.Value.OrderBy(h => h.Key, StringComparer.Ordinal).Select(h => h.Key + '\0' + h.Value)]);
        var code = KernelCache.Get(key, () => Nvrtc.Compile(name, source, Headers.Value, options));
        Driver.UseDevice(0);
        fixed (byte* image = code)
            Driver.Check(Driver.cuModuleLoadData(out module, image), $"loading {name}");
    }

    /// <summary>The module of a source under definitions, such as ("HEAD_DIM", 128); compiled once a process, and once a machine where it can be kept.</summary>
    /// <exception cref="OpsException">It does not compile, or the card refuses it.</exception>
    internal static CudaModule Get(string name, params ReadOnlySpan<(string Name, int Value)> defines)
    {
        var options = new string[defines.Length];
        for (var i = 0; i < defines.Length; i++)
            options[i] = $"--define-macro={defines[i].Name}={defines[i].Value}";
        return Modules.GetOrAdd($"{name} {string.Join(' ', options)}", _ => new Lazy<CudaModule>(() => new CudaModule(name, options))).Value;
    }

    /// <summary>Starts a kernel on libtorch's current stream.</summary>
    /// <param name="kernel">Its name, declared extern "C".</param>
    /// <param name="grid">Blocks.</param>
    /// <param name="threads">Threads a block.</param>
    /// <param name="sharedBytes">Dynamic shared memory a block.</param>
    /// <param name="arguments">In the order of its parameters.</param>
    internal void Launch(string kernel, (long X, long Y, long Z) grid, int threads, int sharedBytes, params ReadOnlySpan<KernelArgument> arguments)
    {
        if (grid.X == 0 || grid.Y == 0 || grid.Z == 0)
            return;
        ArgumentOutOfRangeException.ThrowIfGreaterThan(arguments.Length, MostArguments);
        Driver.UseDevice(0);
        var values = stackalloc ulong[MostArguments];
        var places = stackalloc void*[MostArguments];
        for (var i = 0; i < arguments.Length; i++)
        {
            values[i] = arguments[i].Bits;
            places[i] = values + i;
        }
        Driver.Check(
            Driver.cuLaunchKernel(Kernel(kernel, sharedBytes), (uint)grid.X, (uint)grid.Y, (uint)grid.Z, (uint)threads, 1, 1, (uint)sharedBytes, TorchLibrary.CudaStream(), places, null),
            $"starting {kernel} of {name}");
        foreach (var argument in arguments)
            argument.KeepAlive();
    }

    /// <summary>The same for a kernel that takes one struct; the caller keeps alive what it points to.</summary>
    internal void Launch<T>(string kernel, (long X, long Y, long Z) grid, int threads, int sharedBytes, in T parameters)
        where T : unmanaged
    {
        Driver.UseDevice(0);
        fixed (T* value = &parameters)
        {
            void* place = value;
            Driver.Check(
                Driver.cuLaunchKernel(Kernel(kernel, sharedBytes), (uint)grid.X, (uint)grid.Y, (uint)grid.Z, (uint)threads, 1, 1, (uint)sharedBytes, TorchLibrary.CudaStream(), &place, null),
                $"starting {kernel} of {name}");
        }
    }

    private nint Kernel(string kernel, int sharedBytes) => kernels.GetOrAdd((kernel, sharedBytes), _ =>
    {
        Driver.Check(Driver.cuModuleGetFunction(out var function, module, kernel), $"finding {kernel} in {name}");
        if (sharedBytes > DefaultSharedBytes)
            Driver.Check(Driver.cuFuncSetAttribute(function, Driver.MaxDynamicSharedMemory, sharedBytes), $"giving {kernel} {sharedBytes} bytes of shared memory");
        return function;
    });

    private static IEnumerable<string> Resources() => typeof(CudaModule).Assembly.GetManifestResourceNames();

    private static string Text(string name)
    {
        using var stream = typeof(CudaModule).Assembly.GetManifestResourceStream(name)
            ?? throw new OpsException($"CUDA kernel {name}: there is no such source in {typeof(CudaModule).Assembly.GetName().Name}.");
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
