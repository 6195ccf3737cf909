namespace Liger.Steps;

/// <summary>What a training, or one stage of it, came to. Loss and validations are in the measure of the stage, or of the last one.</summary>
public abstract record TrainingFigures
{
    /// <summary>Whether the user stopped it before its last step; it can be resumed.</summary>
    public bool Cancelled { get; init; }

    /// <summary>Optimizer steps done.</summary>
    public required long Steps { get; init; }

    /// <summary>Tokens gone through.</summary>
    public required long Tokens { get; init; }

    /// <summary>Numbers that were trained, in whichever stage.</summary>
    public required long TrainedParameters { get; init; }

    /// <summary>Training loss of the last step.</summary>
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

    /// <summary>The most memory that the process held, or the device where there is one, in bytes.</summary>
    public required long PeakMemoryBytes { get; init; }
}
