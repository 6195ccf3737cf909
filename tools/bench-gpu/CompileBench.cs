using System.Diagnostics;
using System.Text.Json.Nodes;
using Liger.Ops.Cuda;

namespace Liger.GpuBench;

/// <summary>What the first use of all kernels costs on a machine that has none of them compiled.</summary>
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
            report.Try("compile all kernels", new JsonObject { ["head_dim"] = HeadDim, ["cores"] = Environment.ProcessorCount }, figure =>
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
