namespace Liger.Steps;

/// <summary>How a training run ended; written as finetune.json into the run folder.</summary>
public sealed record FinetuneResult : TrainingFigures
{
    /// <summary>The run folder.</summary>
    public required string RunFolder { get; init; }

    /// <summary>The checkpoint that was trained.</summary>
    public required string Checkpoint { get; init; }

    /// <summary>The adapter: that of the lowest validation loss unless the recipe's best says otherwise, or the last one where nothing was validated.</summary>
    public required string Adapter { get; init; }

    /// <summary>Tokens a second over the whole run.</summary>
    public required double TokensPerSecond { get; init; }

    /// <summary>The stages, where the recipe lists some. Loss and validations above are the last stage's, the other figures those of all.</summary>
    public IReadOnlyList<StageResult>? Stages { get; init; }
}
