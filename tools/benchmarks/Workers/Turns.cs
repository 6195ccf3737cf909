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
internal sealed class Turns(TextReader commands, TextWriter answers)
{
    internal const string Ready = "ready", Version = "version", Threads = "threads", Seconds = "seconds", Cpu = "cpu", Results = "results", Peak = "peak";
    private JsonArray outcomes = [];
    private int left;
    private long started;
    private double busy;

    /// <summary>Says that everything is loaded and waits for the first turn.</summary>
    /// <returns>Whether there is one.</returns>
    internal bool Begin()
    {
        Say(new JsonObject { [Ready] = true, [Version] = TorchLibrary.Version, [Threads] = get_num_threads() });
        return Wait();
    }

    /// <summary>Ends a unit of work; after the last one of a turn, waits for the next turn.</summary>
    /// <param name="outcome">What came out, to be compared with the other side.</param>
    /// <returns>Whether there is more to do.</returns>
    internal bool Done(JsonObject outcome)
    {
        outcomes.Add(outcome);
        if (--left > 0)
            return true;
        Say(new JsonObject
        {
            [Seconds] = Stopwatch.GetElapsedTime(started).TotalSeconds,
            [Cpu] = ProcessorSeconds() - busy,
            [Results] = outcomes,
        });
        return Wait();
    }

    private bool Wait()
    {
        if (commands.ReadLine() is not { } line || line == "end")
        {
            Say(new JsonObject { [Peak] = PeakMemory() });
            return false;
        }
        (left, outcomes) = (int.Parse(line["go ".Length..], CultureInfo.InvariantCulture), []);
        (started, busy) = (Stopwatch.GetTimestamp(), ProcessorSeconds());
        return true;
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

    private void Say(JsonObject what)
    {
        answers.WriteLine(what.ToJsonString());
        answers.Flush();
    }
}
