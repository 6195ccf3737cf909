using System.Text.Json;
using Liger.Testing;

namespace Liger.Training.Tests.Loop;

public class EarlySignsTests
{
    private static readonly TrainerOptions Options = new()
    {
        Steps = 8,
        Batch = 2,
        Accumulation = 1,
        Schedule = new ScheduleOptions { LearningRate = 0.03 },
        ValidateEvery = 2,
        SaveEvery = 3,
    };

    [Theory]
    // More is better: 4 has the most; 8 has as many and a lower loss than 4 has.
    [InlineData(true, new[] { 0.0, 0.2, 0.9, 0.5, 0.9 }, 8)]
    [InlineData(true, new[] { 1.0, 0.2, 0.9, 0.5, 0.4 }, 4)]
    [InlineData(false, new[] { 0.0, 0.2, 0.9, 0.1, 0.4 }, 6)]
    public void The_best_checkpoint_is_chosen_by_the_sign_and_what_it_measured_is_written(bool higher, double[] values, long best)
    {
        using var folder = new TemporaryFolder();
        using var objective = new ToyObjective();
        var reports = new TrainerTests.Reports();
        var sign = new Sign(higher, values);
        var trainer = new Trainer(objective, ToyObjective.Rows(20, 1), ToyObjective.Rows(4, 2), Options with { Best = "sign" }, RunFolder.Create(folder["run"])) { EarlySigns = [sign] };
        var result = trainer.Run(progress: reports);
        Assert.Equal(best, result.BestStep);
        var lines = File.ReadLines(folder["run/metrics.jsonl"]).Select(line => JsonDocument.Parse(line).RootElement).Where(line => line.TryGetProperty("validation_sign", out _)).ToList();
        Assert.Equal(values, lines.Select(line => line.GetProperty("validation_sign").GetDouble()));
        Assert.Equal(values.Select(value => value / 2), lines.Select(line => line.GetProperty("validation_sign_part").GetDouble()));
        Assert.Equal(lines.Single(line => line.GetProperty("step").GetInt64() == best).GetProperty("validation_loss").GetDouble(), result.BestValidation);
        Assert.True(lines.Last(line => line.GetProperty("best").GetBoolean()).GetProperty("step").GetInt64() == best);
        Assert.Equal(("sign", values[^1]), reports.All[^1].Signs[0]);
    }

    [Fact]
    public void A_resumed_run_remembers_what_the_best_was_chosen_by()
    {
        using var folder = new TemporaryFolder();
        double[] values = [0, 0.5, 0.9, 0.2, 0.7];
        TrainingResult Run(string name, bool resume, int stop, double[] signs)
        {
            using var objective = new ToyObjective();
            using var cancellation = new CancellationTokenSource();
            var reports = new TrainerTests.Reports { Then = p => { if (p.Step == stop) cancellation.Cancel(); } };
            var run = resume ? RunFolder.Resume(folder[name]) : RunFolder.Create(folder[name]);
            var trainer = new Trainer(objective, ToyObjective.Rows(20, 1), ToyObjective.Rows(4, 2), Options with { Best = "sign" }, run) { EarlySigns = [new Sign(true, signs)] };
            return trainer.Run(resume, reports, cancellation.Token);
        }

        Assert.True(Run("parts", false, 5, values).Cancelled);
        Assert.Equal(4, Run("parts", true, -1, values[3..]).BestStep);
    }

    [Fact]
    public void A_criterion_that_nothing_measures_is_refused_and_a_cancelled_sign_ends_the_run()
    {
        using var folder = new TemporaryFolder();
        using var objective = new ToyObjective();
        Trainer Made(string name, string best) =>
            new(objective, ToyObjective.Rows(20, 1), ToyObjective.Rows(4, 2), Options with { Best = best }, RunFolder.Create(folder[name])) { EarlySigns = [new Sign(true, [])] };
        Assert.Contains("one of loss, sign", Assert.Throws<TrainingException>(() => Made("a", "kl").Run()).Message, StringComparison.Ordinal);
        Assert.True(Made("b", "loss").Run().Cancelled);
    }

    /// <summary>Measures what it is told, then is cancelled.</summary>
    private sealed class Sign(bool higher, IEnumerable<double> values) : IEarlySign
    {
        private readonly Queue<double> left = new(values);

        public string Name => "sign";

        public bool HigherIsBetter => higher;

        public IReadOnlyList<(string Name, double Value)> Measure(CancellationToken cancellation) =>
            left.TryDequeue(out var value) ? [("sign", value), ("sign_part", value / 2)] : throw new OperationCanceledException();
    }
}
