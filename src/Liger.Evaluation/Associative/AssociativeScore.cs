namespace Liger.Evaluation;

/// <summary>How many values of keys a model can recall.</summary>
public sealed record AssociativeScore
{
    /// <summary>The share of answers given exactly, 0 to 1.</summary>
    public required double Accuracy { get; init; }

    /// <summary>Cases.</summary>
    public required int Cases { get; init; }

    /// <summary>Answers in all cases.</summary>
    public required int Answers { get; init; }

    /// <summary>Answers given exactly.</summary>
    public required int Correct { get; init; }

    /// <summary>The same for each number of pairs, the fewest first.</summary>
    public required IReadOnlyList<AssociativeSize> Sizes { get; init; }

    /// <summary>Time it took, in seconds.</summary>
    public required double Seconds { get; init; }
}

/// <summary>Associative recall among a number of pairs.</summary>
/// <param name="Pairs">Pairs of a case; 0 where the cases name none.</param>
/// <param name="Answers">Answers in all cases.</param>
/// <param name="Correct">Answers given exactly.</param>
/// <param name="Accuracy">The share of the two.</param>
/// <param name="AccuracyInterval">
/// The interval that holds the accuracy over such answers with a probability of 95 %, as if those of a case were independent.
/// </param>
public sealed record AssociativeSize(int Pairs, int Answers, int Correct, double Accuracy, Interval AccuracyInterval);
