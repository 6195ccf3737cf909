namespace Liger.Training;

/// <summary>
/// Something measured at every validation beside the loss, by whoever can measure it: the seam through which a trainer, which knows no
/// evaluation, tells early whether a run restores what it is meant to. Each value is in metrics.jsonl as "validation_NAME" and in the progress,
/// and any may choose the best checkpoint (<see cref="TrainerOptions.Best"/>).
/// </summary>
public interface IEarlySign
{
    /// <summary>The name of the value that sums it up, in snake_case.</summary>
    string Name { get; }

    /// <summary>Whether more is better.</summary>
    bool HigherIsBetter { get; }

    /// <summary>Measures what is trained as it is now, without gradients and dropout.</summary>
    /// <param name="cancellation">Ends it early.</param>
    /// <returns>The value called <see cref="Name"/> and, where there is more to tell, others under names of their own.</returns>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    IReadOnlyList<(string Name, double Value)> Measure(CancellationToken cancellation);
}
