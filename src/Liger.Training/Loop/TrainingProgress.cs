namespace Liger.Training;

/// <summary>Where a run stands after an optimizer step or a validation.</summary>
/// <param name="Step">Optimizer steps done.</param>
/// <param name="Steps">Optimizer steps of the whole run.</param>
/// <param name="Loss">Training loss of the last step, nats per scored token; NaN before the first step of this process.</param>
/// <param name="LearningRate">Learning rate of the last step.</param>
/// <param name="GradientNorm">Norm of the whole gradient of the last step before clipping.</param>
/// <param name="TokensPerSecond">Tokens a second over the last steps, validations and saves left out.</param>
/// <param name="Eta">Time left at the present pace; null before the first step of this process.</param>
/// <param name="MemoryBytes">Memory of the process, or of the GPU where that is where the model lies.</param>
/// <param name="LatestValidation">The last validation's loss, nats per token; null before the first.</param>
/// <param name="BestValidation">The validation loss of the best checkpoint; null before the first.</param>
public sealed record TrainingProgress(
    long Step,
    long Steps,
    double Loss,
    double LearningRate,
    double GradientNorm,
    double TokensPerSecond,
    TimeSpan? Eta,
    long MemoryBytes,
    double? LatestValidation,
    double? BestValidation)
{
    /// <summary>Whether this is told after a validation, not after a step.</summary>
    public bool IsValidation { get; init; }

    /// <summary>What the last validation measured beside the loss.</summary>
    public IReadOnlyList<(string Name, double Value)> Signs { get; init; } = [];

    /// <summary>Whether the last validation's checkpoint is the best so far.</summary>
    public bool IsBest { get; init; }
}
