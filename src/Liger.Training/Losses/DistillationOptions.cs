namespace Liger.Training;

/// <summary>What a student learns from its teacher's logits.</summary>
/// <remarks>Source: Hinton, Vinyals and Dean 2015, arXiv 1503.02531.</remarks>
public sealed record DistillationOptions
{
    /// <summary>What both logits are divided by, above 0: more than 1 gives unlikely tokens more weight. Default 1.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>The share α of the next-token loss in the sum α·cross-entropy + (1 − α)·KL, 0 to 1. Default 0: the teacher alone.</summary>
    public double CrossEntropy { get; init; }

    /// <summary>
    /// The teacher's likeliest tokens that count, 1 or more; the others' probability is given to these in proportion, so that the student
    /// learns a sharper teacher and the loss of an exact copy is above 0. Null, the default, counts all tokens.
    /// </summary>
    public int? TopK { get; init; }

    /// <summary>Throws when a value is out of its range, with all problems at once.</summary>
    /// <exception cref="TrainingException">One or more values are out of range.</exception>
    public void Check()
    {
        var problems = new List<string>();
        if (!(Temperature > 0 && double.IsFinite(Temperature))) problems.Add($"temperature: expected above 0, got {Temperature}");
        if (!(CrossEntropy is >= 0 and <= 1)) problems.Add($"cross-entropy: expected 0 to 1, got {CrossEntropy}");
        if (TopK < 1) problems.Add($"top k: expected 1 or more tokens, got {TopK}");
        if (problems.Count > 0)
            throw new TrainingException($"distillation options: {string.Join("; ", problems)}.");
    }
}
