namespace Liger.Evaluation;

/// <summary>How fast a model decodes one sequence, and what it keeps in memory for it. Times are medians.</summary>
public sealed record SpeedScore
{
    /// <summary>Tokens of the prompt.</summary>
    public required int Context { get; init; }

    /// <summary>Tokens decoded after the first.</summary>
    public required int DecodeTokens { get; init; }

    /// <summary>From the whole prompt to the first new token, in seconds.</summary>
    public required double SecondsToFirstToken { get; init; }

    /// <summary>Tokens a second after the first.</summary>
    public required double DecodeTokensPerSecond { get; init; }

    /// <summary>Bytes that the sequence keeps after the prompt: keys and values, recurrent states.</summary>
    public required long StateBytes { get; init; }

    /// <summary>Every run.</summary>
    public required IReadOnlyList<SpeedRun> Runs { get; init; }
}

/// <summary>One run.</summary>
/// <param name="SecondsToFirstToken">From the whole prompt to the first new token, in seconds.</param>
/// <param name="DecodeTokensPerSecond">Tokens a second after the first.</param>
public sealed record SpeedRun(double SecondsToFirstToken, double DecodeTokensPerSecond);
