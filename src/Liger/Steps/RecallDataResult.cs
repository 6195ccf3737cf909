namespace Liger.Steps;

/// <summary>What recall data was made.</summary>
public sealed record RecallDataResult
{
    /// <summary>The file.</summary>
    public required string Out { get; init; }

    /// <summary>Windows or cases in it.</summary>
    public required long Count { get; init; }

    /// <summary>Their tokens, answers included.</summary>
    public required long Tokens { get; init; }

    /// <summary>Answers in them.</summary>
    public required long Answers { get; init; }

    /// <summary>Tokens of the answers.</summary>
    public required long AnswerTokens { get; init; }

    /// <summary>Tokens of the text they were made over; null where there is none.</summary>
    public long? TextTokens { get; init; }

    /// <summary>The time it took, reading the text included.</summary>
    public required double Seconds { get; init; }
}
