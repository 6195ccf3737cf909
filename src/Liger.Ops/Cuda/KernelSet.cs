using System.Collections.Concurrent;
using System.Diagnostics;

namespace Liger.Ops.Cuda;

/// <summary>All kernels of models with heads of one size, compiled before their first use.</summary>
public static class KernelSet
{
    /// <summary>Compiles what is not in the cache yet, several sources at a time, and loads all.</summary>
    /// <param name="headDim">64 or 128.</param>
    /// <param name="groups">Query heads of a kv head.</param>
    /// <returns>Each source with its definitions, and the seconds until it was ready.</returns>
    /// <exception cref="OpsException">There are no kernels here (see <see cref="CudaKernels.Status"/>), or one does not compile.</exception>
    public static IReadOnlyList<(string Name, double Seconds)> Compile(int headDim, int groups)
    {
        if (!CudaKernels.Status.Available)
            throw new OpsException($"CUDA kernels: {CudaKernels.Status.Reason}");
        (string Source, (string, int)[] Defines)[] all =
        [
            .. Enum.GetValues<RecurrenceGate>().Select(gate => ("gated_linear_attention.cu", new[] { ("HEAD_DIM", headDim), ("GATE", (int)gate) })),
            ("window_attention.cu", [("HEAD_DIM", headDim)]),
            ("liger_step.cu", [("HEAD_DIM", headDim), ("GROUPS", groups)]),
            ("rms_norm.cu", []), ("swiglu.cu", []), ("cross_entropy.cu", []),
        ];
        var times = new ConcurrentBag<(string, double)>();
        Parallel.ForEach(all, one =>
        {
            var started = Stopwatch.GetTimestamp();
            Driver.UseDevice(0);
            CudaModule.Get(one.Source, one.Defines);
            times.Add((string.Join(' ', [one.Source, .. one.Defines.Select(d => $"{d.Item1}={d.Item2}")]), Stopwatch.GetElapsedTime(started).TotalSeconds));
        });
        return [.. times.OrderBy(t => t.Item1, StringComparer.Ordinal)];
    }
}
