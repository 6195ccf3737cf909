namespace Liger.Training.Tests.Schedules;

public class ScheduleTests
{
    private const double Tolerance = 1e-12;

    [Fact]
    public void Warm_up_rises_to_the_highest_rate_in_its_last_step()
    {
        var schedule = new Schedule(new ScheduleOptions { LearningRate = 0.4, Kind = ScheduleKind.Constant, Warmup = 4 }, 10);
        Assert.Equal([0.1, 0.2, 0.3, 0.4, 0.4], Enumerable.Range(0, 5).Select(s => Math.Round(schedule.Rate(s), 12)));
    }

    [Fact]
    public void Cosine_starts_at_the_highest_rate_passes_the_middle_and_ends_above_the_lowest()
    {
        var schedule = new Schedule(new ScheduleOptions { LearningRate = 1, LowestLearningRate = 0.2, Warmup = 2 }, 10);
        Assert.Equal(1, schedule.Rate(2), Tolerance);
        Assert.Equal(0.6, schedule.Rate(6), Tolerance);
        Assert.InRange(schedule.Rate(9), 0.2, 0.25);
        Assert.True(Enumerable.Range(2, 7).All(s => schedule.Rate(s) > schedule.Rate(s + 1)));
    }

    /// <summary>Rates that torch.optim.lr_scheduler.ReduceLROnPlateau(factor 0.5, patience 2, min_lr 0.15) gives for these losses from a rate of 1.</summary>
    [Fact]
    public void Plateau_lowers_the_rate_as_torch_does()
    {
        double[] losses = [3, 2, 2, 1.99999, 2.5, 1.9, 2, 2, 2, 2, 2, 2, 2, 2, 2];
        double[] expected = [1, 1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.15, 0.15, 0.15, 0.15];
        var schedule = new Schedule(
            new ScheduleOptions { LearningRate = 1, Kind = ScheduleKind.Plateau, PlateauFactor = 0.5, PlateauPatience = 2, LowestLearningRate = 0.15 }, 100);
        var rates = losses.Select((loss, i) =>
        {
            schedule.Observe(loss);
            return Math.Round(schedule.Rate(i), 12);
        });
        Assert.Equal(expected, rates);
    }

    [Fact]
    public void Plateau_goes_on_from_its_state()
    {
        var options = new ScheduleOptions { Kind = ScheduleKind.Plateau, PlateauPatience = 1 };
        var whole = new Schedule(options, 100);
        foreach (var loss in new[] { 1.0, 2, 2, 2 })
            whole.Observe(loss);
        var first = new Schedule(options, 100);
        first.Observe(1);
        first.Observe(2);
        var second = new Schedule(options, 100) { State = first.State };
        second.Observe(2);
        second.Observe(2);
        Assert.Equal(whole.State, second.State);
        Assert.True(second.Rate(5) < options.LearningRate);
    }

    [Fact]
    public void All_problems_of_the_options_are_told_at_once()
    {
        var options = new TrainerOptions { Steps = 3, Epochs = 2, Batch = 0, Schedule = new ScheduleOptions { LearningRate = 2 }, Optimizer = new AdamWOptions { Beta1 = 1 } };
        var error = Assert.Throws<TrainingException>(options.Check);
        foreach (var part in new[] { "exactly one of steps, tokens and epochs, got 2", "batch", "learning rate", "beta1" })
            Assert.Contains(part, error.Message, StringComparison.Ordinal);
    }
}
