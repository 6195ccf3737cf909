namespace Liger.Evaluation;

/// <summary>A confidence interval.</summary>
/// <param name="Low">Its lower end.</param>
/// <param name="High">Its upper end.</param>
public sealed record Interval(double Low, double High);
