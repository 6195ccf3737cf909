namespace Liger.Evaluation;

/// <summary>How well a model predicts a text.</summary>
public sealed record TextScore
{
    /// <summary>Nats a scored token.</summary>
    public required double Loss { get; init; }

    /// <summary>e to the loss.</summary>
    public required double Perplexity { get; init; }

    /// <summary>The interval that holds the loss of such texts with a probability of 95 %, by resampling windows; null for one window.</summary>
    public Interval? LossInterval { get; init; }

    /// <summary>Tokens that were scored.</summary>
    public required long Tokens { get; init; }

    /// <summary>Windows that were read.</summary>
    public required int Windows { get; init; }

    /// <summary>Tokens of a window.</summary>
    public required int Context { get; init; }

    /// <summary>How near the model is to the original; null where none was given.</summary>
    public Likeness? Original { get; init; }

    /// <summary>Time it took, in seconds.</summary>
    public required double Seconds { get; init; }
}
