namespace Liger.Evaluation;

/// <summary>How far a measurement has come.</summary>
/// <param name="Work">What is measured: "text", "needles" or "speed".</param>
/// <param name="Done">Windows, cases or runs done.</param>
/// <param name="Total">Windows, cases or runs altogether.</param>
/// <param name="Tokens">Tokens the model has read so far.</param>
/// <param name="Value">The figure so far: loss in nats a token, accuracy, or tokens a second.</param>
public readonly record struct EvaluationProgress(string Work, long Done, long Total, long Tokens, double Value);
