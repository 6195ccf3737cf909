using Liger.Text;

namespace Liger.Training;

/// <summary>What a validation measures: the loss, the objective's signs, and those of others; and by which of them the best checkpoint is chosen.</summary>
/// <param name="objective">What is trained.</param>
/// <param name="rows">The rows that are validated on.</param>
/// <param name="options">Batch and criterion.</param>
/// <param name="others">Signs that others measure.</param>
internal sealed class Signs(IObjective objective, IReadOnlyList<PackedRow> rows, TrainerOptions options, IReadOnlyList<IEarlySign> others)
{
    /// <summary>The loss's name as a criterion.</summary>
    public const string Loss = "loss";

    /// <summary>One validation.</summary>
    /// <param name="Loss">Nats per scored token, or the objective's own measure.</param>
    /// <param name="Values">What was measured beside it.</param>
    /// <param name="Criterion">The value that decides which checkpoint is the best, so that less is better.</param>
    public sealed record Reading(double Loss, IReadOnlyList<(string Name, double Value)> Values, double Criterion);

    private bool HigherIsBetter => others.Any(sign => sign.Name == options.Best && sign.HigherIsBetter);

    /// <summary>Fails where the criterion is nothing that is measured.</summary>
    /// <exception cref="TrainingException">It is none of those.</exception>
    public void Check()
    {
        string[] known = [Loss, .. objective.Signs, .. others.Select(sign => sign.Name)];
        if (rows.Count > 0 && !known.Contains(options.Best))
            throw new TrainingException($"trainer options: best: expected one of {string.Join(", ", known)}, which are measured, got {options.Best}.");
    }

    /// <summary>Measures all; null when cancelled on the way.</summary>
    /// <param name="step">Steps done, for messages.</param>
    /// <param name="cancellation">Ends it early.</param>
    /// <exception cref="TrainingException">The loss is not finite.</exception>
    public Reading? Read(long step, CancellationToken cancellation)
    {
        if (Validation.Measure(objective, rows, options.Batch, cancellation) is not [var loss, .. var own])
            return null;
        if (!double.IsFinite(loss))
            throw NonFinite.InValidation(objective, rows, options.Batch, step, loss);
        List<(string Name, double Value)> values = [.. objective.Signs.Zip(own)];
        try
        {
            foreach (var sign in others)
                values.AddRange(sign.Measure(cancellation));
        }
        catch (OperationCanceledException)
        {
            return null;
        }
        var criterion = options.Best == Loss ? loss : values.First(value => value.Name == options.Best).Value;
        return new Reading(loss, values, HigherIsBetter ? -criterion : criterion);
    }

    /// <summary>Whether a checkpoint is better than the best so far: by the criterion and, where that is equal, by the loss.</summary>
    public static bool IsBetter(Reading reading, TrainerState state) =>
        state.BestCriterion is not { } best || reading.Criterion < best || (reading.Criterion == best && reading.Loss < state.BestValidation);
}
