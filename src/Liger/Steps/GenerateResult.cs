namespace Liger.Steps;

/// <summary>What was generated, and how fast.</summary>
public sealed record GenerateResult
{
    /// <summary>What the text begins with.</summary>
    public required string Prompt { get; init; }

    /// <summary>What was added.</summary>
    public required string Text { get; init; }

    /// <summary>Tokens of the prompt.</summary>
    public required int PromptTokens { get; init; }

    /// <summary>Tokens added.</summary>
    public required int Tokens { get; init; }

    /// <summary>Time until the first added token was there, in seconds, loading left out.</summary>
    public required double SecondsToFirstToken { get; init; }

    /// <summary>Tokens a second after the first.</summary>
    public required double TokensPerSecond { get; init; }

    /// <summary>Bytes of the recurrent states and of the keys and values that were kept.</summary>
    public required long StateBytes { get; init; }
}
