namespace Liger.Evaluation;

/// <summary>How much of what was said a model can recall.</summary>
public sealed record NeedleScore
{
    /// <summary>The share of cases answered exactly, 0 to 1.</summary>
    public required double Accuracy { get; init; }

    /// <summary>Cases.</summary>
    public required int Cases { get; init; }

    /// <summary>Cases answered exactly.</summary>
    public required int Correct { get; init; }

    /// <summary>The same for each distance, nearest first.</summary>
    public required IReadOnlyList<NeedleDistance> Distances { get; init; }

    /// <summary>Time it took, in seconds.</summary>
    public required double Seconds { get; init; }
}

/// <summary>Recall over one distance.</summary>
/// <param name="Distance">Tokens between what is said and where it is asked for.</param>
/// <param name="Cases">Cases.</param>
/// <param name="Correct">Cases answered exactly.</param>
/// <param name="Accuracy">The share of the two.</param>
/// <param name="AccuracyInterval">The interval that holds the accuracy over such cases with a probability of 95 %.</param>
public sealed record NeedleDistance(int Distance, int Cases, int Correct, double Accuracy, Interval AccuracyInterval);
