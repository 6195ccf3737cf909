using Liger.Steps;
using Liger.Training;

namespace Liger.Tests;

public class TrainingRelayTests
{
    [Fact]
    public void Every_validation_is_said_even_one_that_measures_the_same_again()
    {
        var heard = new Heard();
        var relay = new TrainingRelay(heard, "training");
        var step = new TrainingProgress(1, 3, 2.5, 1e-3, 1, 100, TimeSpan.Zero, 1, LatestValidation: 2, BestValidation: 2);
        foreach (var report in (TrainingProgress[])[step, step with { IsValidation = true, IsBest = true }, step with { Step = 2 }, step with { Step = 2, IsValidation = true, Signs = [("kl", 0.5)] }])
            relay.Report(report);
        Assert.Equal(["step 1: validation loss 2.0000, the best so far", "step 2: validation loss 2.0000, kl 0.5"], heard.Lines);
        Assert.Equal([1, 1, 2, 2], heard.Steps);
    }

    private sealed class Heard : IStepObserver
    {
        public List<string> Lines { get; } = [];

        public List<long> Steps { get; } = [];

        public void Say(string message) => Lines.Add(message);

        public void Report(StepProgress progress) => Steps.Add(progress.Done);
    }
}
