namespace Liger.Steps;

/// <summary>How one stage of a training ended.</summary>
public sealed record StageResult
{
    /// <summary>The stage; empty in a recipe without stages.</summary>
    public required string Name { get; init; }

    /// <summary>The stage's best checkpoint, from which the next goes on: that of the lowest validation loss unless the recipe's best says otherwise, or the last one where nothing was validated.</summary>
    public required string Adapter { get; init; }

    /// <summary>Whether the user stopped it before its last step.</summary>
    public bool Cancelled { get; init; }

    /// <summary>Optimizer steps done.</summary>
    public required long Steps { get; init; }

    /// <summary>Tokens gone through.</summary>
    public required long Tokens { get; init; }

    /// <summary>Numbers that were trained.</summary>
    public required long TrainedParameters { get; init; }

    /// <summary>Training loss of the last step, in the stage's own measure.</summary>
    public double? Loss { get; init; }

    /// <summary>Validation loss before the first step.</summary>
    public double? FirstValidation { get; init; }

    /// <summary>Validation loss at the end.</summary>
    public double? LastValidation { get; init; }

    /// <summary>The validation loss of the best checkpoint.</summary>
    public double? BestValidation { get; init; }

    /// <summary>The step of the best checkpoint.</summary>
    public long? BestStep { get; init; }

    /// <summary>Time spent in optimizer steps, in seconds.</summary>
    public required double Seconds { get; init; }

    /// <summary>The most memory held, in bytes.</summary>
    public required long PeakMemoryBytes { get; init; }
}
