namespace Liger.Evaluation;

/// <summary>How near a model is to the original, on the same windows of the same text.</summary>
public sealed record Likeness
{
    /// <summary>The share of scored tokens for which both give the same likeliest token, 0 to 1.</summary>
    public required double Agreement { get; init; }

    /// <summary>The mean over scored tokens of KL(original ‖ model), Σ p·(ln p − ln q), in nats.</summary>
    public required double Divergence { get; init; }

    /// <summary>The interval that holds the agreement on such texts with a probability of 95 %, by resampling windows; null for one window.</summary>
    public Interval? AgreementInterval { get; init; }

    /// <summary>The same of the divergence.</summary>
    public Interval? DivergenceInterval { get; init; }

    /// <summary>
    /// The same of the model's loss less the original's. Both read the same windows, so how hard those are cancels out: it is narrower than the loss's own.
    /// </summary>
    public Interval? GapInterval { get; init; }

    /// <summary>The original's loss, nats a scored token.</summary>
    public required double Loss { get; init; }

    /// <summary>e to the original's loss.</summary>
    public required double Perplexity { get; init; }
}
