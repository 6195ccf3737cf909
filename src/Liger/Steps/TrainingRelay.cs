using Liger.Training;

namespace Liger.Steps;

/// <summary>Hands a trainer's progress on to a step's observer.</summary>
/// <param name="observer">Told.</param>
/// <param name="work">What is being done: "training", or which stage.</param>
internal sealed class TrainingRelay(IStepObserver observer, string work) : IProgress<TrainingProgress>
{
    public void Report(TrainingProgress value)
    {
        if (value.IsValidation)
            observer.Say(FormattableString.Invariant($"step {value.Step:#,0}: validation loss {value.LatestValidation:0.0000}{Signs(value)}{(value.IsBest ? ", the best so far" : "")}"));
        observer.Report(new StepProgress(work, value.Step, value.Steps)
        {
            Loss = double.IsNaN(value.Loss) ? null : value.Loss,
            TokensPerSecond = value.TokensPerSecond > 0 ? value.TokensPerSecond : null,
            Remaining = value.Eta,
            MemoryBytes = value.MemoryBytes > 0 ? value.MemoryBytes : null,
        });
    }

    private static string Signs(TrainingProgress value) => string.Concat(value.Signs.Select(sign => FormattableString.Invariant($", {sign.Name} {sign.Value:0.###}")));
}
