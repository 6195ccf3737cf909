using System.Diagnostics;
using Liger.Models;
using Liger.Models.Decoding;

namespace Liger.Evaluation;

/// <summary>
/// Times greedy decoding of one sequence, as generation does it: where steps can be recorded they are, and that recording is not timed. Figures are of
/// the machine as loaded as it is.
/// </summary>
public static class SpeedMeter
{
    private const string Where = "speed";

    /// <summary>Steps until a recording is made and replayed.</summary>
    private const int StepsToRecord = 2;

    /// <summary>Reads a prompt and decodes, again and again. Runs without gradients; end tokens do not end a run.</summary>
    /// <param name="model">The model.</param>
    /// <param name="options">What is timed; null is the defaults.</param>
    /// <param name="progress">Told after every timed run.</param>
    /// <param name="cancellation">Ends the work between two tokens.</param>
    /// <exception cref="EvaluationException">An option is out of range.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static SpeedScore Measure(
        CausalLM model, SpeedOptions? options = null, IProgress<EvaluationProgress>? progress = null, CancellationToken cancellation = default)
    {
        options ??= new SpeedOptions();
        options.Check();
        var random = new Random(options.Seed);
        var vocabulary = (int)Vocabulary.Of(model);
        var prompt = Enumerable.Range(0, options.Context).Select(_ => random.Next(vocabulary)).ToArray();

        var runs = new List<SpeedRun>();
        var (bytes, read) = (0L, 0L);
        for (var i = 0; i <= options.Runs; i++)
        {
            (var run, bytes) = Run(model, prompt, options.DecodeTokens, cancellation);
            read += options.Context + options.DecodeTokens;
            if (i == 0)
                continue;
            runs.Add(run);
            progress?.Report(new EvaluationProgress(Where, i, options.Runs, read, run.DecodeTokensPerSecond));
        }
        return new SpeedScore
        {
            Context = options.Context,
            DecodeTokens = options.DecodeTokens,
            SecondsToFirstToken = Median(runs.Select(r => r.SecondsToFirstToken)),
            DecodeTokensPerSecond = Median(runs.Select(r => r.DecodeTokensPerSecond)),
            StateBytes = bytes,
            Runs = runs,
        };
    }

    private static (SpeedRun Run, long Bytes) Run(CausalLM model, int[] prompt, int tokens, CancellationToken cancellation)
    {
        using var mode = no_grad();
        using var state = model.NewState(1);
        cancellation.ThrowIfCancellationRequested();
        var clock = Stopwatch.StartNew();
        var next = Next(model, state, prompt);
        var first = clock.Elapsed.TotalSeconds;
        var bytes = state.Bytes;
        using var steps = RecordedSteps.TryStart(model, state);
        using var last = tensor(new long[1], [1, 1], device: model.Device);
        Func<int, int> decode = steps is null ? token => Next(model, state, [token]) : token => Likeliest(() => steps.Step(last.fill_((long)token))[0]);
        for (var made = 0; steps is not null && made < StepsToRecord; made++)
            next = decode(next);
        clock.Restart();
        for (var made = 0; made < tokens; made++)
        {
            cancellation.ThrowIfCancellationRequested();
            next = decode(next);
        }
        return (new SpeedRun(first, tokens / clock.Elapsed.TotalSeconds), bytes);
    }

    private static int Next(CausalLM model, DecodeState state, int[] ids) => Likeliest(() => Generation.Read(model, state, ids));

    // Fetching the number waits for the device.
    private static int Likeliest(Func<Tensor> logits)
    {
        using var scope = NewDisposeScope();
        return (int)logits().argmax(-1).item<long>();
    }

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        var middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
