namespace Liger.Steps;

/// <summary>Which adapter is merged into which checkpoint, and where to.</summary>
public sealed record ExportOptions
{
    /// <summary>The checkpoint, and the adapter to merge into it.</summary>
    public required ModelOptions Model { get; init; }

    /// <summary>The folder to write.</summary>
    public required string To { get; init; }

    /// <summary>How far any logit of the merged model may be from checkpoint + adapter; null: 1e-3 for weights stored in float32, 0.25 for 16 bits, 0.5 where they are computed with in 16 bits too.</summary>
    public double? Tolerance { get; init; }

    /// <summary>Whether a checkpoint that lies at <see cref="To"/> is replaced. Default false.</summary>
    public bool Overwrite { get; init; }
}
