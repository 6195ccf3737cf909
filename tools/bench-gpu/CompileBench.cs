using System.Diagnostics;
using System.Text.Json.Nodes;
using Liger.Ops.Cuda;

namespace Liger.GpuBench;

/// <summary>
/// What the first use of all kernels costs on a machine that has none of them compiled: with an empty cache of ours. NVRTC keeps one of its own
/// (from 12.9 on), which only the process' environment turns off: CUDA_CACHE_DISABLE=1.
/// </summary>
internal static class CompileBench
{
    private const int HeadDim = 128, Groups = 4;

    internal static void Run(Report report)
    {
        var cache = Directory.CreateTempSubdirectory("liger-kernels-");
        var before = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
        Environment.SetEnvironmentVariable("XDG_CACHE_HOME", cache.FullName);
        try
        {
            var compilerCache = Environment.GetEnvironmentVariable("CUDA_CACHE_DISABLE") == "1" ? "off" : "on";
            var about = new JsonObject { ["head_dim"] = HeadDim, ["cores"] = Environment.ProcessorCount, ["compiler_cache"] = compilerCache };
            report.Try("compile all kernels", about, figure =>
            {
                var started = Stopwatch.GetTimestamp();
                var each = KernelSet.Compile(HeadDim, Groups);
                figure["seconds"] = Math.Round(Stopwatch.GetElapsedTime(started).TotalSeconds, 2);
                figure["each"] = new JsonObject(each.Select(e => KeyValuePair.Create(e.Name, (JsonNode?)Math.Round(e.Seconds, 2))));
            });
        }
        finally
        {
            Environment.SetEnvironmentVariable("XDG_CACHE_HOME", before);
            cache.Delete(recursive: true);
        }
    }
}
