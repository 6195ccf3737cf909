using System.Diagnostics;
using Liger.Models;
using Liger.Text;

namespace Liger.Evaluation;

/// <summary>
/// Accuracy of associative recall: every answer of a window is right when each of its tokens is the likeliest after the true ones before it. Answers
/// are read as they should be (teacher-forced), so that a wrong one does not spoil those behind it. Source: Arora et al., Zoology, 2023.
/// </summary>
public static class AssociativeScoring
{
    private const string Where = "mqar";

    /// <summary>Runs all cases, the longest first. Runs without gradients.</summary>
    /// <param name="model">The model.</param>
    /// <param name="cases">Windows with answers, such as those of an <see cref="AssociativeRecall"/> or a <see cref="RecallFile"/>; at least 1.</param>
    /// <param name="options">Batch size; null is the defaults.</param>
    /// <param name="record">Given every case as soon as it is run, which is not in the file's order.</param>
    /// <param name="progress">Told after every batch.</param>
    /// <param name="cancellation">Ends the work between two batches.</param>
    /// <exception cref="EvaluationException">There is no case, one has no answer, or a token is unknown to the model.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static AssociativeScore Score(
        CausalLM model, IReadOnlyList<RecallWindow> cases, RecallScoringOptions? options = null,
        Action<AssociativeRecord>? record = null, IProgress<EvaluationProgress>? progress = null, CancellationToken cancellation = default)
    {
        options ??= new RecallScoringOptions();
        options.Check(Where);
        if (cases.Count == 0)
            throw new EvaluationException($"{Where}: no case — expected at least 1.");
        for (var i = 0; i < cases.Count; i++)
            Check(cases[i], i, model);

        var clock = Stopwatch.StartNew();
        var records = new List<AssociativeRecord>(cases.Count);
        var read = 0L;
        foreach (var batch in Likeliest.InBatches(model, [.. cases.Select(Asked)], options.BatchTokens, cancellation))
        {
            foreach (var (number, predicted) in batch)
            {
                records.Add(Record(cases[number], number, predicted));
                read += cases[number].Ids.Length;
                record?.Invoke(records[^1]);
            }
            progress?.Report(new EvaluationProgress(Where, records.Count, cases.Count, read, Share(records).Accuracy));
        }
        var (answers, right, accuracy) = Share(records);
        return new AssociativeScore
        {
            Accuracy = accuracy,
            Cases = cases.Count,
            Answers = answers,
            Correct = right,
            Sizes = [.. records.GroupBy(one => one.Pairs).OrderBy(group => group.Key).Select(Size)],
            Seconds = clock.Elapsed.TotalSeconds,
        };
    }

    private static AssociativeSize Size(IGrouping<int, AssociativeRecord> group)
    {
        var (answers, right, accuracy) = Share(group);
        return new AssociativeSize(group.Key, answers, right, accuracy, Proportion.Of(right, answers));
    }

    private static (int Answers, int Correct, double Accuracy) Share(IEnumerable<AssociativeRecord> records)
    {
        var (answers, right) = (0, 0);
        foreach (var one in records)
        {
            answers += one.Correct.Count;
            right += one.Correct.Count(correct => correct);
        }
        return (answers, right, (double)right / answers);
    }

    private static void Check(RecallWindow one, int number, CausalLM model)
    {
        if (one.Answers.Count == 0)
            throw new EvaluationException($"{Where}: case {number} — expected at least 1 answer, got none.");
        foreach (var answer in one.Answers)
            if (answer.Start < 1 || answer.Length < 1 || answer.Start + answer.Length > one.Ids.Length)
                throw new EvaluationException(
                    $"{Where}: case {number}: an answer of {answer.Length} tokens from {answer.Start} — expected it behind the first of {one.Ids.Length}.");
        Vocabulary.Check(one.Ids, model, $"{Where}: case {number}");
    }

    private static AskedRow Asked(RecallWindow one) =>
        new(one.Ids, [.. one.Answers.SelectMany(answer => Enumerable.Range(answer.Start - 1, answer.Length))]);

    private static AssociativeRecord Record(RecallWindow one, int number, int[] predicted)
    {
        var correct = new List<bool>(one.Answers.Count);
        var taken = 0;
        foreach (var answer in one.Answers)
        {
            correct.Add(predicted.AsSpan(taken, answer.Length).SequenceEqual(one.Ids.AsSpan(answer.Start, answer.Length)));
            taken += answer.Length;
        }
        return new AssociativeRecord { Case = number, Pairs = one.Pairs, Correct = correct };
    }
}
