using System.Text.Json;
using Liger.Testing;
using Liger.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace Liger.Training.Tests.Loop;

public class TrainerTests
{
    private static readonly TrainerOptions Options = new()
    {
        Steps = 12,
        Batch = 2,
        Accumulation = 3,
        Schedule = new ScheduleOptions { LearningRate = 0.03, Warmup = 2 },
        ValidateEvery = 5,
        SaveEvery = 4,
    };

    [Fact]
    public void Learns_and_reports_and_writes_its_checkpoints()
    {
        using var folder = new TemporaryFolder();
        using var objective = new ToyObjective();
        var reports = new Reports();
        var result = Trainer(objective, folder["run"], Options with { Steps = 40 }).Run(progress: reports);

        Assert.False(result.Cancelled);
        Assert.Equal(40, result.Steps);
        Assert.Equal(40 * 6 * ToyObjective.Length, result.Tokens);
        Assert.True(result.BestValidation < result.FirstValidation - 0.3, $"{result.FirstValidation} to {result.BestValidation}");
        Assert.True(File.Exists(folder["run/best/model.safetensors"]) && File.Exists(folder["run/last/model.safetensors"]));
        Assert.Equal([0, 5, 10, 15, 20, 25, 30, 35, 40], reports.All.Where(report => report.IsValidation).Select(report => report.Step));
        Assert.Equal(40, reports.All.Count(report => !report.IsValidation));
        var last = reports.All[^1];
        Assert.Equal((40, 40), (last.Step, last.Steps));
        Assert.Equal(TimeSpan.Zero, last.Eta);
        Assert.True(last.MemoryBytes > 0 && last.TokensPerSecond > 0 && last.LatestValidation == result.LastValidation);
    }

    [Fact]
    public void Metrics_have_a_line_a_step_and_a_line_a_validation()
    {
        using var folder = new TemporaryFolder();
        using var objective = new ToyObjective();
        Trainer(objective, folder["run"], Options).Run();
        var lines = File.ReadLines(folder["run/metrics.jsonl"]).Select(line => JsonDocument.Parse(line).RootElement).ToList();
        var steps = lines.Where(line => line.TryGetProperty("loss", out _)).ToList();
        Assert.Equal(Enumerable.Range(1, 12), steps.Select(line => line.GetProperty("step").GetInt32()));
        foreach (var name in new[] { "lr", "grad_norm", "tokens", "scored_tokens", "tokens_per_second", "memory_bytes", "seconds" })
            Assert.True(steps[0].GetProperty(name).GetDouble() > 0, name);
        var validations = lines.Where(line => line.TryGetProperty("validation_loss", out _)).Select(line => line.GetProperty("step").GetInt32());
        Assert.Equal([0, 5, 10, 12], validations);
    }

    [Theory]
    [InlineData(6, 1)]
    [InlineData(2, 3)]
    [InlineData(1, 6)]
    public void Accumulated_micro_batches_equal_the_large_batch(int batch, int accumulation)
    {
        using var folder = new TemporaryFolder();
        using var whole = new ToyObjective();
        Trainer(whole, folder["whole"], Options with { Batch = 6, Accumulation = 1, Steps = 3 }).Run();
        using var parts = new ToyObjective();
        Trainer(parts, folder["parts"], Options with { Batch = batch, Accumulation = accumulation, Steps = 3 }).Run();
        foreach (var (expected, actual) in whole.Parameters.Zip(parts.Parameters))
            TensorAssert.Close(actual.Weight, expected.Weight, name: actual.Name);
    }

    [Fact]
    public void The_gradient_of_accumulated_micro_batches_is_that_of_the_mean_over_all_scored_tokens()
    {
        using var scope = torch.NewDisposeScope();
        using var objective = new ToyObjective();
        var rows = ToyObjective.Rows(5, 4);
        double scored = rows.Sum(objective.ScoredTokens);
        objective.Loss(rows, 1 / scored, null).backward();
        var expected = objective.Parameters.Select(p => p.Weight.grad!.clone()).ToList();
        using var other = new ToyObjective();
        foreach (var micro in rows.Chunk(2))
            other.Loss(micro, 1 / scored, null).backward();
        foreach (var (parameter, gradient) in other.Parameters.Zip(expected))
            TensorAssert.Close(parameter.Weight.grad!, gradient, name: parameter.Name);
    }

    [Theory]
    [InlineData(1e-3)]
    [InlineData(0.5)]
    [InlineData(1e6)]
    public void Clipping_brings_the_norm_of_the_whole_gradient_to_its_limit(double clip)
    {
        using var objective = new ToyObjective();
        using var parameters = new ParameterSet(objective.Parameters, new AdamWOptions());
        // A rate of 0 leaves the gradients of the step to be looked at.
        var outcome = new OptimizerStep(objective, parameters, Options with { Clip = clip }).Do(ToyObjective.Rows(4, 1), 1, 0, 0);
        using var norm = parameters.GradientNorm();
        Assert.Equal(Math.Min(clip, outcome.GradientNorm), norm.item<float>(), 1e-4 * outcome.GradientNorm);
        Assert.True(outcome.GradientNorm > 1e-2);
    }

    [Fact]
    public void The_same_seed_gives_the_same_bits_and_another_seed_does_not()
    {
        using var folder = new TemporaryFolder();
        byte[] Train(string name, long seed)
        {
            using var objective = new ToyObjective { Dropout = true };
            Trainer(objective, folder[name], Options with { Seed = seed }).Run();
            return objective.Bytes();
        }

        var first = Train("a", 1);
        Assert.Equal(first, Train("b", 1));
        Assert.NotEqual(first, Train("c", 2));
    }

    [Fact]
    public void The_number_of_live_tensors_is_the_same_after_every_step_and_as_before_after_the_run()
    {
        using var folder = new TemporaryFolder();
        using var objective = new ToyObjective();
        var trainer = Trainer(objective, folder["run"], Options);
        var before = LiveTensors.Count();
        var counts = new Reports();
        trainer.Run(progress: counts);
        Assert.Single(counts.LiveTensors.Skip(1).Distinct());
        Assert.Equal(before, Tensor.TotalCount);
    }

    [Fact]
    public void An_epoch_takes_every_row_once_and_the_last_step_may_be_smaller()
    {
        var rows = ToyObjective.Rows(10, 1);
        var plan = new RunPlan(rows, Options with { Steps = null, Epochs = 2 });
        Assert.Equal((20, 4), (plan.Rows, plan.Steps));
        var taken = Enumerable.Range(0, 4).SelectMany(step => plan.Next(step * 6)).ToList();
        Assert.Equal(20, taken.Count);
        foreach (var epoch in taken.Chunk(10))
            Assert.Equal(rows.ToHashSet(), epoch.ToHashSet());
        Assert.NotEqual(taken.Take(10), taken.Skip(10));
    }

    [Fact]
    public void A_length_in_tokens_is_rounded_up_to_whole_rows()
    {
        var plan = new RunPlan(ToyObjective.Rows(10, 1), Options with { Steps = null, Tokens = ToyObjective.Length * 7 + 1 });
        Assert.Equal((8, 2), (plan.Rows, plan.Steps));
    }

    [Fact]
    public void Bf16_parameters_are_trained_through_fp32_originals()
    {
        using var scope = torch.NewDisposeScope();
        using var folder = new TemporaryFolder();
        using var full = new ToyObjective();
        // The same starting values on both sides: those that bf16 can hold.
        using var low = new ToyObjective(ScalarType.BFloat16);
        foreach (var (a, b) in full.Parameters.Zip(low.Parameters))
        {
            using var grad = torch.no_grad();
            a.Weight.copy_(b.Weight);
        }
        // So small a rate changes no bf16 number in one step: without originals nothing would ever move.
        var options = Options with { Steps = 60, Schedule = new ScheduleOptions { LearningRate = 2e-4, Kind = ScheduleKind.Constant } };
        var expected = Trainer(full, folder["full"], options).Run();
        var actual = Trainer(low, folder["low"], options).Run();
        Assert.True(expected.LastValidation < expected.FirstValidation - 0.01);
        Assert.Equal(expected.FirstValidation!.Value - expected.LastValidation!.Value, actual.FirstValidation!.Value - actual.LastValidation!.Value, 0.01);
    }

    [Fact]
    public void Weight_decay_leaves_vectors_alone()
    {
        using var scope = torch.NewDisposeScope();
        using var objective = new ToyObjective();
        var before = objective.Parameters.Select(p => p.Weight.detach().clone()).ToList();
        using (var parameters = new ParameterSet(objective.Parameters, new AdamWOptions { WeightDecay = 0.5 }))
        {
            parameters.ClearGradients();
            parameters.Step(0.1);
        }
        foreach (var (parameter, old) in objective.Parameters.Zip(before))
            TensorAssert.Close(parameter.Weight, old.mul(parameter.Name == "bias" ? 1 : 0.95), name: parameter.Name);
    }

    [Fact]
    public void A_loss_that_is_not_finite_stops_names_step_and_layer_and_changes_no_weight()
    {
        using var folder = new TemporaryFolder();
        using var sound = new ToyObjective();
        Trainer(sound, folder["sound"], Options with { Steps = 4, Schedule = new ScheduleOptions { Kind = ScheduleKind.Constant } }).Run();
        using var broken = new ToyObjective { BreakAt = 4 * 3 + 1 };
        var trainer = Trainer(broken, folder["broken"], Options with { Schedule = new ScheduleOptions { Kind = ScheduleKind.Constant } });
        var error = Assert.Throws<TrainingException>(() => trainer.Run());
        Assert.Equal((5, "layer"), (error.Step, error.Layer));
        Assert.Contains("step 5", error.Message, StringComparison.Ordinal);
        Assert.Contains("the output of layer", error.Message, StringComparison.Ordinal);
        Assert.Equal(sound.Bytes(), broken.Bytes());
        Assert.Equal("000000004", Path.GetFileName(Assert.Single(Directory.GetDirectories(folder["broken/state"]))));
    }

    [Fact]
    public void Rows_without_anything_to_score_are_refused()
    {
        using var folder = new TemporaryFolder();
        using var objective = new ToyObjective();
        var rows = new List<PackedRow> { new([1, 2], [1, 2], [0]), new([1, 2], [1, -100], [0]) };
        var error = Assert.Throws<TrainingException>(() => new Trainer(objective, rows, [], Options, RunFolder.Create(folder["run"])));
        Assert.Contains("row 1", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_with_a_run_is_not_overwritten()
    {
        using var folder = new TemporaryFolder();
        using var objective = new ToyObjective();
        Trainer(objective, folder["run"], Options with { Steps = 1 }).Run();
        Assert.Contains("holds a run", Assert.Throws<TrainingException>(() => RunFolder.Create(folder["run"])).Message, StringComparison.Ordinal);
        RunFolder.Create(folder["run"], overwrite: true);
        Assert.False(Directory.Exists(folder["run/last"]));
    }

    internal static Trainer Trainer(ToyObjective objective, string folder, TrainerOptions options, bool resume = false) =>
        new(objective, ToyObjective.Rows(20, 1), ToyObjective.Rows(4, 2), options, resume ? RunFolder.Resume(folder) : RunFolder.Create(folder));

    internal sealed class Reports : IProgress<TrainingProgress>
    {
        public Reports() => Testing.LiveTensors.Count();

        public List<TrainingProgress> All { get; } = [];

        public List<long> LiveTensors { get; } = [];

        public Action<TrainingProgress>? Then { get; init; }

        public void Report(TrainingProgress value)
        {
            All.Add(value);
            LiveTensors.Add(Tensor.TotalCount);
            Then?.Invoke(value);
        }
    }
}
