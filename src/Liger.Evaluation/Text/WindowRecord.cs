namespace Liger.Evaluation;

/// <summary>What was measured on one window of a text.</summary>
public sealed record WindowRecord
{
    /// <summary>Its number, from 0.</summary>
    public required int Window { get; init; }

    /// <summary>Where its first token stands in the text's tokens, from 0.</summary>
    public required long Start { get; init; }

    /// <summary>Tokens that were scored: one fewer than the window has.</summary>
    public required int Tokens { get; init; }

    /// <summary>Nats a scored token.</summary>
    public required double Loss { get; init; }

    /// <summary>The original's loss; null without an original.</summary>
    public double? OriginalLoss { get; init; }

    /// <summary>The share of scored tokens whose likeliest token is the original's; null without an original.</summary>
    public double? Agreement { get; init; }

    /// <summary>The mean of KL(original ‖ model) in nats; null without an original.</summary>
    public double? Divergence { get; init; }
}
