namespace Liger.Steps;

/// <summary>How one stage of a training ended.</summary>
public sealed record StageResult : TrainingFigures
{
    /// <summary>The stage; empty in a recipe without stages.</summary>
    public required string Name { get; init; }

    /// <summary>The stage's best checkpoint, from which the next goes on: that of the lowest validation loss unless the recipe's best says otherwise, or the last one where nothing was validated.</summary>
    public required string Adapter { get; init; }
}
