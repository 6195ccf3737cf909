namespace Liger.Training;

/// <summary>How a run ended.</summary>
/// <param name="Cancelled">Whether it was stopped before its last step; it can be resumed.</param>
/// <param name="Steps">Optimizer steps done, those before a resume included.</param>
/// <param name="Tokens">Tokens gone through.</param>
/// <param name="ScoredTokens">Tokens that counted in the loss.</param>
/// <param name="Loss">Training loss of the last step, nats per scored token.</param>
/// <param name="FirstValidation">Validation loss before the first step; null when not asked for.</param>
/// <param name="LastValidation">Validation loss after the last validated step; null without validation rows.</param>
/// <param name="BestValidation">The validation loss of the best checkpoint: the lowest, unless <see cref="TrainerOptions.Best"/> says otherwise; null without validation rows.</param>
/// <param name="BestStep">The step of the best checkpoint.</param>
/// <param name="Seconds">Time spent in optimizer steps, validations and saves left out.</param>
/// <param name="TokensPerSecond">Tokens a second over the whole run.</param>
/// <param name="PeakMemoryBytes">The highest memory seen after a step.</param>
/// <param name="TrainedParameters">Numbers that were trained.</param>
public sealed record TrainingResult(
    bool Cancelled,
    long Steps,
    long Tokens,
    long ScoredTokens,
    double? Loss,
    double? FirstValidation,
    double? LastValidation,
    double? BestValidation,
    long? BestStep,
    double Seconds,
    double TokensPerSecond,
    long PeakMemoryBytes,
    long TrainedParameters);
