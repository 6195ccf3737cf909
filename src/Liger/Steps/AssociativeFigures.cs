using Liger.Evaluation;

namespace Liger.Steps;

/// <summary>How many values of keys a model can recall (multi-query associative recall).</summary>
/// <param name="Accuracy">The share of answers given exactly, 0 to 1.</param>
/// <param name="Cases">Cases.</param>
/// <param name="Answers">Answers in all cases.</param>
/// <param name="Correct">Answers given exactly.</param>
/// <param name="Sizes">The same for each number of pairs, the fewest first.</param>
public sealed record AssociativeFigures(double Accuracy, int Cases, int Answers, int Correct, IReadOnlyList<AssociativeAtSize> Sizes)
{
    internal static AssociativeFigures Of(AssociativeScore score) => new(
        score.Accuracy, score.Cases, score.Answers, score.Correct,
        [.. score.Sizes.Select(size => new AssociativeAtSize(
            size.Pairs, size.Answers, size.Correct, size.Accuracy, size.AccuracyInterval.Low, size.AccuracyInterval.High))]);
}

/// <summary>Associative recall among a number of pairs.</summary>
/// <param name="Pairs">Pairs of a case; 0 where the cases name none.</param>
/// <param name="Answers">Answers in all cases.</param>
/// <param name="Correct">Answers given exactly.</param>
/// <param name="Accuracy">The share of the two.</param>
/// <param name="AccuracyLow">Lower end of the interval that holds the accuracy with a probability of 95 %.</param>
/// <param name="AccuracyHigh">Its upper end.</param>
public sealed record AssociativeAtSize(int Pairs, int Answers, int Correct, double Accuracy, double AccuracyLow, double AccuracyHigh);
