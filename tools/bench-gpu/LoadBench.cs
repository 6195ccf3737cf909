using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Liger.Checkpoints;
using Liger.Models;
using static TorchSharp.torch;

namespace Liger.GpuBench;

/// <summary>A checkpoint of Llama-3-8B's size, 16 GB in bf16, from a file to the GPU: seconds, and the memory of this process beside the mapped file.</summary>
internal static class LoadBench
{
    internal static void Run(Report report)
    {
        // From memory, so that the disk of the machine at hand says nothing.
        var above = Environment.GetEnvironmentVariable("LOAD_FOLDER") ?? (Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath());
        var folder = Directory.CreateDirectory(Path.Combine(above, "liger-bench-load"));
        try
        {
            var bytes = Write(folder.FullName);
            report.Try("load 8B", new JsonObject { ["GB"] = Math.Round(bytes / 1e9, 2), ["folder"] = above }, figure => Measure(figure, folder.FullName, bytes));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static long Write(string folder)
    {
        using var grad = no_grad();
        using var model = Llama8B.Make("softmax");
        File.WriteAllText(Path.Combine(folder, "config.json"), Llama8B.Config().ToJsonString());
        var tensors = model.Parameters.ToList();
        using var writer = SafeTensorsWriter.Create(Path.Combine(folder, "model.safetensors"), tensors.Select(t => new SafeTensorEntry(t.Name, t.Weight.dtype, t.Weight.shape)));
        foreach (var (name, weight) in tensors)
            writer.Write(name, weight);
        writer.Commit();
        return writer.Length;
    }

    private static void Measure(JsonObject figure, string path, long bytes)
    {
        var anonymous = Status("RssAnon");
        using var watch = new Peak();
        var started = Stopwatch.GetTimestamp();
        using var folder = CheckpointFolder.Open(path);
        using var model = CausalLM.Load(folder, bfloat16, device("cuda:0"));
        cuda.synchronize();
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        figure["seconds"] = Math.Round(seconds, 2);
        figure["GB_per_second"] = Math.Round(bytes / 1e9 / seconds, 2);
        figure["host_GiB_over_start"] = Math.Round((watch.Most() - anonymous) / (double)(1L << 20), 2);
        figure["peak_GiB"] = Math.Round(Report.PeakGiB, 2);
    }

    /// <summary>A line of /proc/self/status, in KiB.</summary>
    private static long Status(string name) =>
        long.Parse(File.ReadLines("/proc/self/status").First(line => line.StartsWith(name + ":", StringComparison.Ordinal)).Split(':')[1].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture);

    /// <summary>Looks at the process's own memory every few milliseconds.</summary>
    private sealed class Peak : IDisposable
    {
        private readonly Timer timer;
        private long most;

        internal Peak() => timer = new Timer(_ => Look(), null, 0, 5);

        internal long Most()
        {
            Look();
            return Interlocked.Read(ref most);
        }

        public void Dispose() => timer.Dispose();

        private void Look()
        {
            var now = Status("RssAnon");
            if (now > Interlocked.Read(ref most))
                Interlocked.Exchange(ref most, now);
        }
    }
}
