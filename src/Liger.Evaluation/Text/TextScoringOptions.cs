namespace Liger.Evaluation;

/// <summary>How a text is scored.</summary>
public sealed record TextScoringOptions
{
    /// <summary>The fewest tokens a window may have: one is read, one is scored.</summary>
    public const int FewestTokens = 2;

    /// <summary>Tokens a window, from 2. Default 1024.</summary>
    public int Context { get; init; } = 1024;

    /// <summary>Windows to score, from the beginning of the text; null scores all.</summary>
    public int? Windows { get; init; }

    /// <summary>Tokens of one forward pass, from 1; at least one window is read at a time. Default 4096.</summary>
    public int BatchTokens { get; init; } = Batches.DefaultTokens;

    /// <summary>Seeds the resampling of the confidence interval. Default 0.</summary>
    public int Seed { get; init; }

    internal void Check()
    {
        if (Context < FewestTokens)
            throw new EvaluationException($"text: context — expected at least {FewestTokens} tokens, got {Context}.");
        if (Windows is < 1)
            throw new EvaluationException($"text: windows — expected at least 1, got {Windows}.");
        if (BatchTokens < 1)
            throw new EvaluationException($"text: tokens of a batch — expected at least 1, got {BatchTokens}.");
    }
}
