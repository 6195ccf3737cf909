namespace Liger.Steps;

/// <summary>How a training run ended; written as finetune.json into the run folder.</summary>
public sealed record FinetuneResult
{
    /// <summary>The run folder.</summary>
    public required string RunFolder { get; init; }

    /// <summary>The checkpoint that was trained.</summary>
    public required string Checkpoint { get; init; }

    /// <summary>The adapter: that of the lowest validation loss unless the recipe's best says otherwise, or the last one where nothing was validated.</summary>
    public required string Adapter { get; init; }

    /// <summary>Whether the user stopped it before its last step; it can be resumed.</summary>
    public required bool Cancelled { get; init; }

    /// <summary>Optimizer steps done.</summary>
    public required long Steps { get; init; }

    /// <summary>Tokens gone through.</summary>
    public required long Tokens { get; init; }

    /// <summary>Numbers that were trained, in whichever stage.</summary>
    public required long TrainedParameters { get; init; }

    /// <summary>Training loss of the last step, in the last stage's own measure.</summary>
    public double? Loss { get; init; }

    /// <summary>Validation loss before the last stage's first step, in its measure.</summary>
    public double? FirstValidation { get; init; }

    /// <summary>Validation loss at the end, in the last stage's measure.</summary>
    public double? LastValidation { get; init; }

    /// <summary>The validation loss of the last stage's best checkpoint.</summary>
    public double? BestValidation { get; init; }

    /// <summary>The step of the best checkpoint.</summary>
    public long? BestStep { get; init; }

    /// <summary>Time spent in optimizer steps, in seconds.</summary>
    public required double Seconds { get; init; }

    /// <summary>Tokens a second over the whole run.</summary>
    public required double TokensPerSecond { get; init; }

    /// <summary>The most memory the process held (or the device, when there is one), in bytes.</summary>
    public required long PeakMemoryBytes { get; init; }

    /// <summary>The stages, where the recipe lists some. Loss and validations above are the last stage's, the other figures those of all.</summary>
    public IReadOnlyList<StageResult>? Stages { get; init; }
}
