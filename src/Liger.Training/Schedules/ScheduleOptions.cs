namespace Liger.Training;

/// <summary>The learning rate over the run.</summary>
public sealed record ScheduleOptions
{
    /// <summary>The highest learning rate, above 0, up to 1. Default 1e-3 (the published Liger recipe).</summary>
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>How it goes on after the warm-up. Default cosine.</summary>
    public ScheduleKind Kind { get; init; } = ScheduleKind.Cosine;

    /// <summary>Steps over which the rate rises linearly; the last of them has the highest rate. 0 or more. Default 0.</summary>
    public long Warmup { get; init; }

    /// <summary>The rate never falls below this, 0 to <see cref="LearningRate"/> (the warm-up excepted). Default 0.</summary>
    public double LowestLearningRate { get; init; }

    /// <summary>Plateau: the rate is multiplied by this, above 0, below 1. Default 0.1 (torch).</summary>
    public double PlateauFactor { get; init; } = 0.1;

    /// <summary>Plateau: validations without improvement that are tolerated, 0 or more. Default 10 (torch).</summary>
    public int PlateauPatience { get; init; } = 10;

    /// <summary>Plateau: a loss counts as improved below best × (1 − this), 0 to 1. Default 1e-4 (torch).</summary>
    public double PlateauThreshold { get; init; } = 1e-4;

    /// <summary>What is wrong with these values, one sentence each; empty when nothing is.</summary>
    public IEnumerable<string> Problems()
    {
        if (!(LearningRate is > 0 and <= 1)) yield return $"learning rate: expected above 0 up to 1, got {LearningRate}";
        if (!(LowestLearningRate >= 0 && LowestLearningRate <= LearningRate)) yield return $"lowest learning rate: expected 0 to the learning rate {LearningRate}, got {LowestLearningRate}";
        if (Warmup < 0) yield return $"warm-up: expected 0 or more steps, got {Warmup}";
        if (!(PlateauFactor is > 0 and < 1)) yield return $"plateau factor: expected above 0 and below 1, got {PlateauFactor}";
        if (PlateauPatience < 0) yield return $"plateau patience: expected 0 or more, got {PlateauPatience}";
        if (!(PlateauThreshold is >= 0 and <= 1)) yield return $"plateau threshold: expected 0 to 1, got {PlateauThreshold}";
    }
}
