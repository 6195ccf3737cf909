using System.Text.Json;
using Liger.Testing;
using Liger.Training.Tests.Loop;

namespace Liger.Training.Tests.Runs;

public class ResumeTests
{
    /// <summary>A number of rows that the steps do not divide, dropout, a plateau that falls, validations and saves that do not coincide.</summary>
    internal static readonly TrainerOptions Options = new()
    {
        Steps = 7,
        Batch = 2,
        Accumulation = 2,
        Schedule = new ScheduleOptions { LearningRate = 0.05, Kind = ScheduleKind.Plateau, PlateauPatience = 0, PlateauThreshold = 0.2, Warmup = 2 },
        ValidateEvery = 3,
        SaveEvery = 2,
        Seed = 11,
    };

    private static readonly Lazy<(byte[] Weights, List<string> Metrics)> Uninterrupted = new(() =>
    {
        using var folder = new TemporaryFolder();
        using var objective = new ToyObjective { Dropout = true };
        TrainerTests.Trainer(objective, folder["run"], Options).Run();
        return (objective.Bytes(), Metrics(folder["run"]));
    });

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(6)]
    [InlineData(5)]
    public void A_cancelled_run_is_saved_and_goes_on_to_the_same_bits(int stopAfter)
    {
        using var folder = new TemporaryFolder();
        using (var first = new ToyObjective { Dropout = true })
        {
            using var cancellation = new CancellationTokenSource();
            var reports = new TrainerTests.Reports { Then = p => { if (p.Step == stopAfter) cancellation.Cancel(); } };
            var result = TrainerTests.Trainer(first, folder["run"], Options).Run(progress: reports, cancellation: cancellation.Token);
            Assert.True(result.Cancelled);
            Assert.Equal(stopAfter, result.Steps);
            Assert.True(File.Exists(folder["run/last/model.safetensors"]));
        }
        using var second = new ToyObjective { Dropout = true };
        var rest = TrainerTests.Trainer(second, folder["run"], Options, resume: true).Run(resume: true);
        Assert.False(rest.Cancelled);
        Assert.Equal(Uninterrupted.Value.Weights, second.Bytes());
        Assert.Equal(Uninterrupted.Value.Metrics, Metrics(folder["run"]));
    }

    [Fact]
    public void A_save_that_fails_at_any_file_operation_leaves_a_state_to_go_on_from()
    {
        for (var failAt = 0; ; failAt++)
        {
            using var folder = new TemporaryFolder();
            using var first = new ToyObjective { Dropout = true };
            var trainer = TrainerTests.Trainer(first, folder["run"], Options);
            var operations = new List<string>();
            trainer.FileOperation = operation =>
            {
                operations.Add(operation);
                if (operations.Count > failAt)
                    throw new IOException($"refused: {operation}");
            };
            try
            {
                trainer.Run();
                Assert.True(failAt > 15, $"only {failAt} operations");
                return;
            }
            catch (IOException)
            {
            }
            using var second = new ToyObjective { Dropout = true };
            TrainerTests.Trainer(second, folder["run"], Options, resume: true).Run(resume: true);
            Assert.True(Uninterrupted.Value.Weights.AsSpan().SequenceEqual(second.Bytes()), operations[^1]);
            Assert.Equal(Uninterrupted.Value.Metrics, Metrics(folder["run"]));
        }
    }

    [Fact]
    public void Metrics_behind_the_state_and_torn_lines_are_removed()
    {
        using var folder = new TemporaryFolder();
        using (var first = new ToyObjective { Dropout = true })
        {
            using var cancellation = new CancellationTokenSource();
            var reports = new TrainerTests.Reports { Then = p => { if (p.Step == 5) cancellation.Cancel(); } };
            TrainerTests.Trainer(first, folder["run"], Options).Run(progress: reports, cancellation: cancellation.Token);
        }
        File.AppendAllText(folder["run/metrics.jsonl"], """
            {"step":6,"loss":1,"lr":1}
            {"step":6,"validation_loss":1}
            {"step":7,"lo
            """);
        using var second = new ToyObjective { Dropout = true };
        TrainerTests.Trainer(second, folder["run"], Options, resume: true).Run(resume: true);
        Assert.Equal(Uninterrupted.Value.Metrics, Metrics(folder["run"]));
    }

    [Fact]
    public void A_finished_run_is_resumed_without_doing_anything()
    {
        using var folder = new TemporaryFolder();
        using var first = new ToyObjective { Dropout = true };
        TrainerTests.Trainer(first, folder["run"], Options).Run();
        using var second = new ToyObjective { Dropout = true };
        var result = TrainerTests.Trainer(second, folder["run"], Options, resume: true).Run(resume: true);
        Assert.Equal((false, 7L, 0), (result.Cancelled, result.Steps, second.Losses));
        Assert.Equal(first.Bytes(), second.Bytes());
    }

    [Fact]
    public void A_run_of_other_data_or_another_seed_is_not_resumed()
    {
        using var folder = new TemporaryFolder();
        using var objective = new ToyObjective { Dropout = true };
        TrainerTests.Trainer(objective, folder["run"], Options with { Steps = 2 }).Run();
        var error = Assert.Throws<TrainingException>(() => TrainerTests.Trainer(objective, folder["run"], Options with { Seed = 12 }, resume: true).Run(resume: true));
        Assert.Contains("seed 11", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_damaged_state_is_named()
    {
        using var folder = new TemporaryFolder();
        using var objective = new ToyObjective { Dropout = true };
        TrainerTests.Trainer(objective, folder["run"], Options with { Steps = 2 }).Run();
        File.WriteAllText(folder["run/state/000000002/state.json"], "{");
        var error = Assert.Throws<TrainingException>(() => TrainerTests.Trainer(objective, folder["run"], Options, resume: true).Run(resume: true));
        Assert.Contains("state.json", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_that_is_not_there_cannot_be_resumed()
    {
        using var folder = new TemporaryFolder();
        Assert.Contains("no such folder", Assert.Throws<TrainingException>(() => RunFolder.Resume(folder["nothing"])).Message, StringComparison.Ordinal);
    }

    /// <summary>All lines without what depends on the clock.</summary>
    private static List<string> Metrics(string folder) => [.. File.ReadLines(Path.Combine(folder, "metrics.jsonl")).Select(line =>
    {
        using var entry = JsonDocument.Parse(line);
        return string.Join(' ', entry.RootElement.EnumerateObject().Where(p => p.Name is not ("seconds" or "tokens_per_second" or "memory_bytes")).Select(p => p.ToString()));
    })];
}
