namespace Liger.Steps;

/// <summary>What a model was measured at.</summary>
public sealed record EvalResult
{
    /// <summary>The checkpoint.</summary>
    public required string Checkpoint { get; init; }

    /// <summary>The adapter on it; null for none.</summary>
    public string? Adapter { get; init; }

    /// <summary>The token mixer.</summary>
    public required string Mixer { get; init; }

    /// <summary>The arithmetic.</summary>
    public required string Dtype { get; init; }

    /// <summary>The device.</summary>
    public required string Device { get; init; }

    /// <summary>Nats a scored token.</summary>
    public required double Loss { get; init; }

    /// <summary>e to the loss.</summary>
    public required double Perplexity { get; init; }

    /// <summary>Lower end of the interval that holds the loss of such texts with a probability of 95 %; null for one window.</summary>
    public double? LossLow { get; init; }

    /// <summary>Its upper end.</summary>
    public double? LossHigh { get; init; }

    /// <summary>Tokens that were scored.</summary>
    public required long Tokens { get; init; }

    /// <summary>Windows that were read.</summary>
    public required int Windows { get; init; }

    /// <summary>Tokens of a window.</summary>
    public required int Context { get; init; }

    /// <summary>Tokens scored a second; with an original, both models included.</summary>
    public required double TokensPerSecond { get; init; }

    /// <summary>Bytes of keys and values and recurrent states that one sequence keeps after <see cref="Context"/> tokens.</summary>
    public required long StateBytes { get; init; }

    /// <summary>The checkpoint it was compared with; null for none.</summary>
    public string? Against { get; init; }

    /// <summary>The share of tokens for which both give the same likeliest token.</summary>
    public double? Agreement { get; init; }

    /// <summary>The mean of KL(original ‖ model), nats a token.</summary>
    public double? KlDivergence { get; init; }

    /// <summary>Lower end of the interval of 95 % of the agreement, by resampling windows; null for one window.</summary>
    public double? AgreementLow { get; init; }

    /// <summary>Its upper end.</summary>
    public double? AgreementHigh { get; init; }

    /// <summary>Lower end of the interval of the divergence.</summary>
    public double? KlLow { get; init; }

    /// <summary>Its upper end.</summary>
    public double? KlHigh { get; init; }

    /// <summary>Lower end of the interval of the loss less the original's, window by window.</summary>
    public double? GapLow { get; init; }

    /// <summary>Its upper end.</summary>
    public double? GapHigh { get; init; }

    /// <summary>The original's loss, nats a token.</summary>
    public double? OriginalLoss { get; init; }

    /// <summary>Recall by distance; null where none was measured.</summary>
    public RecallFigures? Needles { get; init; }

    /// <summary>Associative recall by number of pairs; null where none was measured.</summary>
    public AssociativeFigures? Mqar { get; init; }

    /// <summary>Decoding speed; null where none was measured.</summary>
    public DecodingFigures? Decoding { get; init; }
}
