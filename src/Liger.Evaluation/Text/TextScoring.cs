using System.Diagnostics;
using Liger.Models;

namespace Liger.Evaluation;

/// <summary>
/// Loss and perplexity of a model over a text, and its likeness to another model. The text's tokens are cut into consecutive windows that know
/// nothing of each other; a window's first token is not scored, the last window may be shorter, and a single token left over is dropped.
/// </summary>
public static class TextScoring
{
    private const string Where = "text";

    /// <summary>Scores a text. Runs without gradients.</summary>
    /// <param name="model">The model.</param>
    /// <param name="ids">The text's tokens, from <see cref="EvaluationText"/>; at least 2.</param>
    /// <param name="options">Window length and batch; null is the defaults.</param>
    /// <param name="original">A model to compare with, of the same vocabulary; null compares with none.</param>
    /// <param name="record">Given every window in order, as soon as it is scored.</param>
    /// <param name="progress">Told after every batch.</param>
    /// <param name="cancellation">Ends the work between two batches.</param>
    /// <exception cref="EvaluationException">The text is too short, a token is unknown to the model, the vocabularies differ, or a loss is not finite.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static TextScore Score(
        CausalLM model, IReadOnlyList<int> ids, TextScoringOptions? options = null, CausalLM? original = null,
        Action<WindowRecord>? record = null, IProgress<EvaluationProgress>? progress = null, CancellationToken cancellation = default)
    {
        options ??= new TextScoringOptions();
        options.Check();
        if (ids.Count < TextScoringOptions.FewestTokens)
            throw new EvaluationException($"{Where}: too short — expected at least {TextScoringOptions.FewestTokens} tokens, got {ids.Count}. Give a longer text.");
        if (original is not null)
            Vocabulary.Check(model, original);
        var tokens = ids as int[] ?? [.. ids];
        Vocabulary.Check(tokens, model, Where);

        var clock = Stopwatch.StartNew();
        var windows = Windows(tokens.Length, options);
        var records = new List<WindowRecord>(windows.Count);
        var (loss, read) = (0.0, 0L);
        foreach (var batch in Cut(windows, options))
        {
            cancellation.ThrowIfCancellationRequested();
            foreach (var one in Read(model, original, tokens, batch, records.Count))
            {
                records.Add(one);
                loss += one.Loss * one.Tokens;
                read += one.Tokens;
                record?.Invoke(one);
            }
            progress?.Report(new EvaluationProgress(Where, records.Count, windows.Count, read, loss / read));
        }
        return Summary(records, options, clock.Elapsed);
    }

    private static TextScore Summary(List<WindowRecord> records, TextScoringOptions options, TimeSpan time)
    {
        var tokens = records.Sum(r => (long)r.Tokens);
        double Mean(Func<WindowRecord, double> value) => records.Sum(r => value(r) * r.Tokens) / tokens;
        Interval? Interval(Func<WindowRecord, double> value) =>
            Bootstrap.OfMean([.. records.Select(r => value(r) * r.Tokens)], [.. records.Select(r => (double)r.Tokens)], options.Seed);
        var loss = Mean(r => r.Loss);
        var compared = records[0].OriginalLoss is not null;
        return new TextScore
        {
            Loss = loss,
            Perplexity = Perplexity(loss),
            LossInterval = Interval(r => r.Loss),
            Tokens = tokens,
            Windows = records.Count,
            Context = options.Context,
            Original = !compared ? null : new Likeness
            {
                Agreement = Mean(r => r.Agreement!.Value),
                // Rounding can leave the divergence of two equal models a hair below zero.
                Divergence = Math.Max(0, Mean(r => r.Divergence!.Value)),
                AgreementInterval = Interval(r => r.Agreement!.Value),
                DivergenceInterval = Interval(r => r.Divergence!.Value),
                GapInterval = Interval(r => r.Loss - r.OriginalLoss!.Value),
                Loss = Mean(r => r.OriginalLoss!.Value),
                Perplexity = Perplexity(Mean(r => r.OriginalLoss!.Value)),
            },
            Seconds = time.TotalSeconds,
        };
    }

    // JSON has no infinity.
    private static double Perplexity(double loss) => Math.Min(Math.Exp(loss), double.MaxValue);

    private static List<WindowRecord> Read(CausalLM model, CausalLM? original, int[] tokens, List<(int Start, int Length)> batch, int first)
    {
        using var mode = no_grad();
        using var scope = NewDisposeScope();
        var ids = Batches.Rows([.. batch.Select(w => new ReadOnlyMemory<int>(tokens, w.Start, w.Length))], model.Device);
        var sums = WindowSums.Of(ids, model, original);
        var records = new List<WindowRecord>();
        for (var i = 0; i < batch.Count; i++)
        {
            var scored = batch[i].Length - 1;
            double? Against(double[] values) => original is null ? null : values[i] / scored;
            var one = new WindowRecord
            {
                Window = first + i,
                Start = batch[i].Start,
                Tokens = scored,
                Loss = sums.Loss[i] / scored,
                OriginalLoss = Against(sums.OriginalLoss),
                Agreement = Against(sums.Agreement),
                Divergence = Against(sums.Divergence),
            };
            if (!double.IsFinite(one.Loss))
                throw NotFinite.Found(model, ids, $"{Where}: window {one.Window} has the loss {one.Loss}");
            if (one.OriginalLoss is { } theirs && !double.IsFinite(theirs))
                throw NotFinite.Found(original!, ids, $"{Where}: window {one.Window} has the loss {theirs} under the original");
            records.Add(one);
        }
        return records;
    }

    private static List<(int Start, int Length)> Windows(int tokens, TextScoringOptions options)
    {
        var windows = new List<(int Start, int Length)>();
        var most = options.Windows ?? int.MaxValue;
        for (var start = 0; tokens - start >= TextScoringOptions.FewestTokens && windows.Count < most; start += Math.Min(options.Context, tokens - start))
            windows.Add((start, Math.Min(options.Context, tokens - start)));
        return windows;
    }

    // Windows of one length; a shorter last one is read alone.
    private static IEnumerable<List<(int Start, int Length)>> Cut(List<(int Start, int Length)> windows, TextScoringOptions options)
    {
        var rows = Math.Max(1, options.BatchTokens / options.Context);
        for (var from = 0; from < windows.Count;)
        {
            var batch = windows.Skip(from).Take(rows).TakeWhile(w => w.Length == windows[from].Length).ToList();
            yield return batch;
            from += batch.Count;
        }
    }
}
