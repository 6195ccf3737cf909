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
        CausalLM model, IReadOnlyList<NeedleCase> cases, NeedleScoringOptions? options = null,
        Action<NeedleRecord>? record = null, IProgress<EvaluationProgress>? progress = null, CancellationToken cancellation = default)
    {
        options ??= new NeedleScoringOptions();
        options.Check();
        if (cases.Count == 0)
            throw new EvaluationException($"{Where}: no case — expected at least 1.");
        for (var i = 0; i < cases.Count; i++)
            Check(cases[i], i, model);

        var clock = Stopwatch.StartNew();
        var records = new List<NeedleRecord>(cases.Count);
        var (right, read) = (0, 0L);
        foreach (var batch in Cut(cases, options.BatchTokens))
        {
            cancellation.ThrowIfCancellationRequested();
            foreach (var one in Run(model, cases, batch))
            {
                records.Add(one);
                right += one.Correct ? 1 : 0;
                read += Length(cases[one.Case]);
                record?.Invoke(one);
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

    // What the model reads: the answer's last token only has to be predicted.
    private static int Length(NeedleCase one) => one.PromptIds.Count + one.AnswerIds.Count - 1;

    // The longest first, so that too large a batch shows at once and rows of a batch are nearly equal.
    private static IEnumerable<List<int>> Cut(IReadOnlyList<NeedleCase> cases, int batchTokens)
    {
        var order = Enumerable.Range(0, cases.Count).OrderByDescending(i => Length(cases[i])).ToList();
        for (var from = 0; from < order.Count;)
        {
            var rows = Math.Max(1, batchTokens / Length(cases[order[from]]));
            var batch = order.Skip(from).Take(rows).ToList();
            yield return batch;
            from += batch.Count;
        }
    }

    private static List<NeedleRecord> Run(CausalLM model, IReadOnlyList<NeedleCase> cases, List<int> batch)
    {
        using var mode = no_grad();
        using var scope = NewDisposeScope();
        var rows = batch.Select(i => new ReadOnlyMemory<int>([.. cases[i].PromptIds, .. cases[i].AnswerIds.SkipLast(1)])).ToList();
        var ids = Batches.Rows(rows, model.Device);
        var tokens = ids.shape[1];
        var places = batch.SelectMany((number, row) => cases[number].AnswerIds.Select((_, j) => (row * tokens) + cases[number].PromptIds.Count - 1 + j)).ToArray();
        var hidden = model.Hidden(ids);
        var asked = hidden.reshape(-1, hidden.shape[2]).index_select(0, tensor(places, device: model.Device));
        var likeliest = Likeliest(model, asked);

        var records = new List<NeedleRecord>(batch.Count);
        var next = 0;
        foreach (var number in batch)
        {
            var one = cases[number];
            var predicted = likeliest[next..(next + one.AnswerIds.Count)];
            next += one.AnswerIds.Count;
            var right = predicted.Zip(one.AnswerIds).TakeWhile(pair => pair.First == pair.Second).Count();
            records.Add(new NeedleRecord
            {
                Case = number,
                Distance = one.Distance,
                Correct = right == one.AnswerIds.Count,
                Answer = one.Answer,
                AnswerIds = one.AnswerIds,
                PredictedIds = predicted[..Math.Min(right + 1, predicted.Length)],
            });
        }
        return records;
    }

    private static int[] Likeliest(CausalLM model, Tensor hidden)
    {
        var most = Batches.LogitRows(Vocabulary.Of(model));
        var chosen = new List<int>();
        for (long from = 0; from < hidden.shape[0]; from += most)
        {
            using var part = NewDisposeScope();
            var logits = model.Logits(hidden.narrow(0, from, Math.Min(most, hidden.shape[0] - from)));
            chosen.AddRange(logits.argmax(-1).cpu().data<long>().ToArray().Select(id => (int)id));
        }
        return [.. chosen];
    }
}
