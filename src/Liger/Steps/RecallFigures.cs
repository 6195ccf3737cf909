namespace Liger.Steps;

/// <summary>How much of what was said a model can recall.</summary>
/// <param name="Accuracy">The share of cases answered exactly, 0 to 1.</param>
/// <param name="Cases">Cases.</param>
/// <param name="Correct">Cases answered exactly.</param>
/// <param name="Distances">The same for each distance, nearest first.</param>
public sealed record RecallFigures(double Accuracy, int Cases, int Correct, IReadOnlyList<RecallAtDistance> Distances);

/// <summary>Recall over one distance.</summary>
/// <param name="Distance">Tokens between what is said and where it is asked for.</param>
/// <param name="Cases">Cases.</param>
/// <param name="Correct">Cases answered exactly.</param>
/// <param name="Accuracy">The share of the two.</param>
/// <param name="AccuracyLow">Lower end of the interval that holds the accuracy with a probability of 95 %.</param>
/// <param name="AccuracyHigh">Its upper end.</param>
public sealed record RecallAtDistance(int Distance, int Cases, int Correct, double Accuracy, double AccuracyLow, double AccuracyHigh);
