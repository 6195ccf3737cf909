namespace Liger.Evaluation;

/// <summary>What is timed.</summary>
public sealed record SpeedOptions
{
    /// <summary>The fewest runs a median is taken of.</summary>
    public const int FewestRuns = 5;

    /// <summary>Tokens of the prompt, from 1. Default 1024.</summary>
    public int Context { get; init; } = 1024;

    /// <summary>Tokens decoded after the first, from 1. Default 32.</summary>
    public int DecodeTokens { get; init; } = 32;

    /// <summary>Timed runs, from 5; one more goes before them and does not count. Default 5.</summary>
    public int Runs { get; init; } = FewestRuns;

    /// <summary>Seeds the prompt's tokens, which are drawn evenly from the vocabulary. Default 0.</summary>
    public int Seed { get; init; }

    internal void Check()
    {
        if (Context < 1 || DecodeTokens < 1)
            throw new EvaluationException($"speed: context and decoded tokens — expected at least 1, got {Context} and {DecodeTokens}.");
        if (Runs < FewestRuns)
            throw new EvaluationException($"speed: runs — expected at least {FewestRuns}, got {Runs}.");
    }
}
