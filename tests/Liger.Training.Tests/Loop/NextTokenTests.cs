using Liger.Testing;
using Liger.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace Liger.Training.Tests.Loop;

public class NextTokenTests
{
    private static readonly TrainerOptions Options = new()
    {
        Steps = 8,
        Batch = 2,
        Accumulation = 2,
        Schedule = new ScheduleOptions { LearningRate = 0.01 },
        ValidateEvery = 4,
        SaveEvery = 3,
    };

    [Theory]
    [InlineData("softmax", ScalarType.Float32)]
    [InlineData("liger-gla", ScalarType.Float32)]
    [InlineData("liger-gla", ScalarType.BFloat16)]
    public void An_adapter_is_trained_over_a_frozen_base_without_leaving_tensors(string mixer, ScalarType dtype)
    {
        using var folder = new TemporaryFolder();
        using var model = TinyModel.Make(mixer, dtype);
        var frozen = model.Parameters.Select(p => p.Weight.bytes.ToArray()).ToList();
        using var adapter = Lora.Attach(model, new LoraOptions { Dropout = 0.1 }, 1);
        var reports = new TrainerTests.Reports();
        var before = LiveTensors.Count();
        var result = Trainer(NextToken.Lora(model, adapter, "base"), folder["run"], Options).Run(progress: reports);
        Assert.True(result.LastValidation < result.FirstValidation, $"{result.FirstValidation} to {result.LastValidation}");
        Assert.Equal(frozen, model.Parameters.Select(p => p.Weight.bytes.ToArray()));
        Assert.Single(reports.LiveTensors.Skip(1).Distinct());
        Assert.Equal(before, Tensor.TotalCount);

        using var again = TinyModel.Make(mixer, dtype);
        using var opened = Lora.Open(again, folder["run/last"]);
        foreach (var (expected, actual) in adapter.Parameters.Zip(opened.Parameters))
            TensorAssert.Same(actual.Weight, expected.Weight, actual.Name);
    }

    [Theory]
    [InlineData("softmax")]
    [InlineData("liger-gla")]
    public void Layers_that_are_computed_again_give_the_same_gradients(string mixer)
    {
        PackedRow[] rows = [.. ToyObjective.Rows(2, 30).Select(row => row with { DocumentStarts = [0, row.Ids.Length / 2] })];
        List<byte[]> Gradients(bool again)
        {
            using var scope = torch.NewDisposeScope();
            using var model = TinyModel.Make(mixer);
            model.RecomputeLayers = again;
            using var adapter = Lora.Attach(model, new LoraOptions { Dropout = 0.3 }, 1);
            foreach (var (_, weight) in adapter.Parameters.Where(p => p.Name.Contains("lora_B", StringComparison.Ordinal)))
                using (torch.no_grad())
                    weight.add_(0.05);
            NextToken.Lora(model, adapter).Loss(rows, 0.1, 7).backward();
            return [.. adapter.Parameters.Select(p => p.Weight.grad!.bytes.ToArray())];
        }

        var before = LiveTensors.Count();
        Assert.Equal(Gradients(again: false), Gradients(again: true));
        Assert.Equal(before, Tensor.TotalCount);
    }

    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.BFloat16)]
    public void All_parameters_are_trained_from_scratch(ScalarType dtype)
    {
        using var folder = new TemporaryFolder();
        using var model = TinyModel.Make(dtype: dtype);
        var saves = new List<string>();
        var reports = new TrainerTests.Reports();
        var result = Trainer(NextToken.All(model, saves.Add), folder["run"], Options with { Steps = 20 }).Run(progress: reports);
        Assert.True(result.BestValidation < result.FirstValidation - 0.2, $"{result.FirstValidation} to {result.BestValidation}");
        Assert.Contains(folder["run/best"], saves);
        Assert.Contains(folder["run/last"], saves);
        Assert.Single(reports.LiveTensors.Skip(1).Distinct());
    }

    [Theory]
    [InlineData(3)]
    [InlineData(5)]
    public void A_resumed_adapter_run_ends_with_the_same_bits(int stopAfter)
    {
        using var scope = torch.NewDisposeScope();
        using var folder = new TemporaryFolder();
        List<byte[]> Train(string name, bool resume, int stop)
        {
            using var model = TinyModel.Make("liger-gla");
            using var adapter = Lora.Attach(model, new LoraOptions { Dropout = 0.1 }, 1);
            using var cancellation = new CancellationTokenSource();
            var reports = new TrainerTests.Reports { Then = p => { if (p.Step == stop) cancellation.Cancel(); } };
            Trainer(NextToken.Lora(model, adapter), folder[name], Options, resume).Run(resume, reports, cancellation.Token);
            return [.. adapter.Parameters.Select(p => p.Weight.detach().bytes.ToArray())];
        }

        var whole = Train("whole", false, -1);
        Train("parts", false, stopAfter);
        Assert.Equal(whole, Train("parts", true, -1));
    }

    [Fact]
    public void The_layer_that_first_gives_a_nan_is_named()
    {
        using var scope = torch.NewDisposeScope();
        using var folder = new TemporaryFolder();
        using var model = TinyModel.Make();
        using var adapter = Lora.Attach(model, new LoraOptions(), 1);
        using (torch.no_grad())
            model.Parameters.First(p => p.Name == "model.layers.1.mlp.down_proj.weight").Weight.fill_(double.NaN);
        var before = adapter.Parameters.Select(p => p.Weight.detach().bytes.ToArray()).ToList();
        var error = Assert.Throws<TrainingException>(() => Trainer(NextToken.Lora(model, adapter), folder["run"], Options with { ValidateFirst = false }).Run());
        Assert.Equal((1L, "model.layers.1"), (error.Step, error.Layer));
        Assert.Equal(before, adapter.Parameters.Select(p => p.Weight.detach().bytes.ToArray()));
        Assert.False(Directory.Exists(folder["run/last"]));
    }

    [Fact]
    public void Documents_packed_together_are_scored_as_when_they_are_alone()
    {
        using var scope = torch.NewDisposeScope();
        using var model = TinyModel.Make("liger-gla");
        var objective = NextToken.All(model, _ => { });
        using var grad = torch.no_grad();
        var together = objective.Loss([new PackedRow([1, 2, 3, 4, 5, 6], [-100, 2, 3, -100, 5, 6], [0, 3])], 1, null);
        var alone = objective.Loss([new PackedRow([1, 2, 3], [-100, 2, 3], [0]), new PackedRow([4, 5, 6], [-100, 5, 6], [0])], 1, null);
        TensorAssert.Close(together, alone);
    }

    private static Trainer Trainer(IObjective objective, string folder, TrainerOptions options, bool resume = false) =>
        new(objective, ToyObjective.Rows(20, 1), ToyObjective.Rows(4, 2), options, resume ? RunFolder.Resume(folder) : RunFolder.Create(folder));
}
