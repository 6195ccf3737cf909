using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Liger.Bench.Measuring;

/// <summary>One side of a comparison: a worker process and what it has told so far.</summary>
internal sealed class Side : IDisposable
{
    private readonly Process process;
    private readonly string name;

    private Side(string name, Process process, double startSeconds, JsonNode ready)
    {
        (this.name, this.process, StartSeconds) = (name, process, startSeconds);
        (Version, Threads) = (ready[Workers.Turns.Version]!.GetValue<string>(), ready[Workers.Turns.Threads]!.GetValue<int>());
    }

    /// <summary>From starting the process to the model being loaded.</summary>
    internal double StartSeconds { get; }

    /// <summary>The version of libtorch that it runs on.</summary>
    internal string Version { get; }

    /// <summary>The threads it computes with.</summary>
    internal int Threads { get; }

    /// <summary>The turns it was given, in order.</summary>
    internal List<Turn> Turns { get; } = [];

    /// <summary>What each unit of work gave, in order.</summary>
    internal List<JsonNode> Outcomes { get; } = [];

    /// <summary>Peak resident memory in bytes, known after <see cref="End"/>.</summary>
    internal long Peak { get; private set; }

    /// <summary>Starts a worker and waits until its model is loaded.</summary>
    /// <exception cref="BenchException">It does not come up.</exception>
    internal static Side Start(string name, IReadOnlyList<string> command)
    {
        var info = new ProcessStartInfo(command[0], command.Skip(1)) { RedirectStandardInput = true, RedirectStandardOutput = true };
        // Where it names an older core, OpenBLAS multiplies at half speed; each side removes it by itself as well.
        info.Environment.Remove("OPENBLAS_CORETYPE");
        var started = Stopwatch.GetTimestamp();
        var process = Process.Start(info) ?? throw new BenchException($"{name}: {command[0]} did not start.");
        var ready = Answer(name, process);
        return new Side(name, process, Stopwatch.GetElapsedTime(started).TotalSeconds, ready);
    }

    /// <summary>Lets it do units of work, counted as one turn unless it is only a warm-up.</summary>
    internal void Go(int units, bool counted = true)
    {
        process.StandardInput.WriteLine($"go {units}");
        process.StandardInput.Flush();
        var answer = Answer(name, process);
        var outcomes = answer[Workers.Turns.Results]!.AsArray().Select(o => o!).ToList();
        Outcomes.AddRange(outcomes);
        if (counted)
            Turns.Add(new Turn(units, answer[Workers.Turns.Seconds]!.GetValue<double>(), answer[Workers.Turns.Cpu]!.GetValue<double>(), outcomes));
    }

    /// <summary>Asks for the peak memory and lets the process go.</summary>
    internal void End()
    {
        process.StandardInput.WriteLine("end");
        process.StandardInput.Flush();
        Peak = Answer(name, process)[Workers.Turns.Peak]!.GetValue<long>();
        process.WaitForExit();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!process.HasExited)
            process.Kill();
        process.Dispose();
    }

    private static JsonNode Answer(string name, Process process) =>
        process.StandardOutput.ReadLine() is { } line
            ? JsonNode.Parse(line)!
            : throw new BenchException($"{name}: the process ended without an answer; its messages are above.");
}

/// <summary>One turn of a side.</summary>
/// <param name="Units">Units of work done.</param>
/// <param name="Seconds">Wall-clock time.</param>
/// <param name="ProcessorSeconds">Processor time of all threads.</param>
/// <param name="Outcomes">What each unit gave.</param>
internal sealed record Turn(int Units, double Seconds, double ProcessorSeconds, IReadOnlyList<JsonNode> Outcomes);
