using System.Diagnostics;
using Liger.Models;
using Liger.Text;

namespace Liger.Evaluation;

/// <summary>
/// Recall accuracy: a case is right when greedy decoding from the prompt gives exactly the answer's tokens. One parallel pass over prompt and
/// answer decides that: as long as every token so far was the likeliest, what greedy decoding would have read is what the pass has read; so the
/// answer is decoded exactly if, and only if, each of its tokens is the likeliest after those before it. (A tie or a difference of rounding
/// between the parallel form and the step form can decide otherwise where two tokens are equally likely.)
/// </summary>
public static class NeedleScoring
{
    private const string Where = "needles";

    /// <summary>Runs all cases, the longest first. Runs without gradients.</summary>
    /// <param name="model">The model.</param>
    /// <param name="cases">The cases, from <see cref="NeedleFile"/>; at least 1.</param>
    /// <param name="options">Batch size; null is the defaults.</param>
    /// <param name="record">Given every case as soon as it is run, which is not in the file's order.</param>
    /// <param name="progress">Told after every batch.</param>
    /// <param name="cancellation">Ends the work between two batches.</param>
    /// <exception cref="EvaluationException">There is no case, or a token is unknown to the model.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static NeedleScore Score(
        CausalLM model, IReadOnlyList<NeedleCase> cases, RecallScoringOptions? options = null,
        Action<NeedleRecord>? record = null, IProgress<EvaluationProgress>? progress = null, CancellationToken cancellation = default)
    {
        options ??= new RecallScoringOptions();
        options.Check(Where);
        if (cases.Count == 0)
            throw new EvaluationException($"{Where}: no case — expected at least 1.");
        for (var i = 0; i < cases.Count; i++)
            Check(cases[i], i, model);

        var clock = Stopwatch.StartNew();
        var records = new List<NeedleRecord>(cases.Count);
        var (right, read) = (0, 0L);
        var rows = cases.Select(Asked).ToList();
        foreach (var batch in Likeliest.InBatches(model, rows, options.BatchTokens, cancellation))
        {
            foreach (var (number, predicted) in batch)
            {
                records.Add(Record(cases[number], number, predicted));
                right += records[^1].Correct ? 1 : 0;
                read += rows[number].Read.Length;
                record?.Invoke(records[^1]);
            }
            progress?.Report(new EvaluationProgress(Where, records.Count, cases.Count, read, (double)right / records.Count));
        }
        return new NeedleScore
        {
            Accuracy = (double)right / cases.Count,
            Cases = cases.Count,
            Correct = right,
            Distances = [.. records.GroupBy(r => r.Distance).OrderBy(g => g.Key).Select(Distance)],
            Seconds = clock.Elapsed.TotalSeconds,
        };
    }

    private static NeedleDistance Distance(IGrouping<int, NeedleRecord> group)
    {
        var (cases, right) = (group.Count(), group.Count(r => r.Correct));
        return new NeedleDistance(group.Key, cases, right, (double)right / cases, Proportion.Of(right, cases));
    }

    private static void Check(NeedleCase one, int number, CausalLM model)
    {
        if (one.PromptIds.Count == 0 || one.AnswerIds.Count == 0)
            throw new EvaluationException($"{Where}: case {number} — expected at least 1 token of prompt and of answer, got {one.PromptIds.Count} and {one.AnswerIds.Count}.");
        Vocabulary.Check(one.PromptIds.Concat(one.AnswerIds), model, $"{Where}: case {number}");
    }

    private static NeedleRecord Record(NeedleCase one, int number, int[] predicted)
    {
        var right = predicted.Zip(one.AnswerIds).TakeWhile(pair => pair.First == pair.Second).Count();
        return new NeedleRecord
        {
            Case = number,
            Distance = one.Distance,
            Correct = right == one.AnswerIds.Count,
            Answer = one.Answer,
            AnswerIds = one.AnswerIds,
            PredictedIds = predicted[..Math.Min(right + 1, predicted.Length)],
        };
    }

    // The answer's last token is not read: it only has to be predicted.
    private static AskedRow Asked(NeedleCase one) => new(
        new ReadOnlyMemory<int>([.. one.PromptIds, .. one.AnswerIds.SkipLast(1)]), [.. one.AnswerIds.Select((_, i) => one.PromptIds.Count - 1 + i)]);
}
