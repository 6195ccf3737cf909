namespace Liger.Evaluation;

/// <summary>How recall cases are run.</summary>
public sealed record RecallScoringOptions
{
    /// <summary>Tokens of one forward pass, filling included, from 1; at least one case is read at a time. Default 4096.</summary>
    public int BatchTokens { get; init; } = Batches.DefaultTokens;

    internal void Check(string where)
    {
        if (BatchTokens < 1)
            throw new EvaluationException($"{where}: tokens of a batch — expected at least 1, got {BatchTokens}.");
    }
}
