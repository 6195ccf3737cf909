using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Liger.Torch;
using static TorchSharp.torch;

namespace Liger.Bench.Workers;

/// <summary>
/// The protocol of a worker. It says it is ready; "go N" makes it do N units and tell seconds, processor seconds and each unit's
/// outcome; "end" makes it tell its peak memory and leave. One JSON object a line.
/// </summary>
internal static class WorkerLoop
{
    internal const string Ready = "ready", Version = "version", Threads = "threads", Seconds = "seconds", Cpu = "cpu", Results = "results", Peak = "peak";

    internal static void Serve(IWork work, TextReader commands, TextWriter answers)
    {
        Say(answers, new JsonObject { [Ready] = true, [Version] = TorchLibrary.Version, [Threads] = get_num_threads() });
        while (commands.ReadLine() is { } line && line != "end")
        {
            var count = int.Parse(line["go ".Length..], CultureInfo.InvariantCulture);
            var results = new JsonArray();
            var (started, busy) = (Stopwatch.GetTimestamp(), ProcessorSeconds());
            for (var i = 0; i < count; i++)
                results.Add(work.Unit());
            Say(answers, new JsonObject
            {
                [Seconds] = Stopwatch.GetElapsedTime(started).TotalSeconds,
                [Cpu] = ProcessorSeconds() - busy,
                [Results] = results,
            });
        }
        Say(answers, new JsonObject { [Peak] = PeakMemory() });
    }

    /// <summary>The kernel's high-water mark of this process's resident memory, in bytes.</summary>
    private static long PeakMemory()
    {
        var line = File.ReadLines("/proc/self/status").First(l => l.StartsWith("VmHWM:", StringComparison.Ordinal));
        return 1024 * long.Parse(line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }

    private static double ProcessorSeconds()
    {
        using var self = Process.GetCurrentProcess();
        return self.TotalProcessorTime.TotalSeconds;
    }

    private static void Say(TextWriter answers, JsonObject what)
    {
        answers.WriteLine(what.ToJsonString());
        answers.Flush();
    }
}
