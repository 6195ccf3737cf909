using System.Text.Json;
using Liger.Models;
using Liger.Models.Mixers;
using Liger.Testing;
using Liger.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace Liger.Training.Tests.Loop;

public class DistillationTests
{
    private static readonly MixerSpec Window = new("window", new Dictionary<string, string> { ["window"] = "3" });

    private static readonly TrainerOptions Options = new()
    {
        Steps = 30,
        Batch = 2,
        Accumulation = 2,
        Schedule = new ScheduleOptions { LearningRate = 0.02 },
        ValidateEvery = 15,
        SaveEvery = 100,
    };

    [Theory]
    [InlineData(ScalarType.Float32, false)]
    [InlineData(ScalarType.BFloat16, false)]
    [InlineData(ScalarType.Float32, true)]
    public void A_window_comes_nearer_to_softmax_over_weights_that_stay(ScalarType dtype, bool again)
    {
        using var folder = new TemporaryFolder();
        using var model = TinyModel.Make(Window, dtype);
        model.RecomputeLayers = again;
        using var adapter = Lora.Attach(model, new LoraOptions { Targets = ["q_proj", "k_proj", "v_proj", "o_proj"] }, 1);
        var frozen = model.Parameters.Select(p => p.Weight.bytes.ToArray()).ToList();
        var reports = new TrainerTests.Reports();
        var objective = new Distillation(model, Trainee.Lora(model, adapter), new DistillationOptions());
        var result = new Trainer(objective, ToyObjective.Rows(20, 1), ToyObjective.Rows(4, 2), Options, RunFolder.Create(folder["run"])).Run(progress: reports);
        Assert.True(result.BestValidation < 0.7 * result.FirstValidation, $"{result.FirstValidation} to {result.BestValidation}");
        Assert.Equal(frozen, model.Parameters.Select(p => p.Weight.bytes.ToArray()));
        Assert.Single(reports.LiveTensors.Skip(1).Distinct());
        var lines = File.ReadLines(folder["run/metrics.jsonl"]).Select(line => JsonDocument.Parse(line).RootElement).Where(line => line.TryGetProperty("validation_kl", out _)).ToList();
        Assert.Equal(3, lines.Count);
        Assert.All(lines, line => Assert.Equal(line.GetProperty("validation_loss").GetDouble(), line.GetProperty("validation_kl").GetDouble()));
        Assert.All(lines, line => Assert.True(line.GetProperty("validation_next_token").GetDouble() > 0.5));
    }

    [Theory]
    [InlineData("window")]
    [InlineData("liger-gla")]
    [InlineData("selected")]
    public void The_teacher_inside_a_step_is_the_original_bit_for_bit(string mixer)
    {
        using var scope = torch.NewDisposeScope();
        using var original = TinyModel.Make();
        using var model = TinyModel.Make(mixer);
        using var adapter = Adapted(model);
        PackedRow[] rows = [.. ToyObjective.Rows(2, 30).Select(row => row with { DocumentStarts = [0, row.Ids.Length / 2] })];
        var student = PackedPass.Hidden(model, rows);
        using var grad = torch.no_grad();
        var expected = PackedPass.Hidden(original, rows);
        var tensors = LiveTensors.Count();
        using (model.AsOriginal())
        using (var teacher = PackedPass.Hidden(model, rows))
            TensorAssert.Same(teacher, expected);
        Assert.Equal(tensors, Tensor.TotalCount);
        TensorAssert.Same(PackedPass.Hidden(model, rows), student);
    }

    [Fact]
    public void A_layer_computed_again_has_the_mixer_of_its_forward_pass()
    {
        using var scope = torch.NewDisposeScope();
        PackedRow[] rows = [.. ToyObjective.Rows(2, 30)];
        List<byte[]> Gradients(bool again)
        {
            using var model = TinyModel.Make("liger-gla");
            model.RecomputeLayers = again;
            using var adapter = Adapted(model);
            var loss = new Distillation(model, Trainee.Lora(model, adapter), new DistillationOptions()).Loss(rows, 0.1, 7);
            using (model.AsOriginal())
                loss.backward();
            return [.. adapter.Parameters.Select(p => p.Weight.grad!.bytes.ToArray())];
        }

        Assert.Equal(Gradients(again: false), Gradients(again: true));
    }

    [Fact]
    public void The_layer_that_first_gives_a_nan_is_named_with_whose_it_is()
    {
        using var scope = torch.NewDisposeScope();
        using var model = TinyModel.Make("window");
        using var adapter = Adapted(model);
        var objective = new Distillation(model, Trainee.Lora(model, adapter), new DistillationOptions());
        var rows = ToyObjective.Rows(2, 30);
        using var grad = torch.no_grad();
        Assert.Null(objective.FirstNonFinite(rows, null));
        adapter.Parameters[^1].Weight.fill_(double.NaN);
        Assert.Equal("model.layers.1", objective.FirstNonFinite(rows, null));
        model.Parameters.First(p => p.Name == "model.layers.0.mlp.down_proj.weight").Weight.fill_(double.NaN);
        Assert.Equal("the teacher's model.layers.0", objective.FirstNonFinite(rows, null));
    }

    /// <summary>An adapter that changes what the model computes.</summary>
    private static LoraAdapter Adapted(CausalLM model)
    {
        var adapter = Lora.Attach(model, new LoraOptions { Dropout = 0.2 }, 1);
        using var grad = torch.no_grad();
        foreach (var (_, weight) in adapter.Parameters.Where(p => p.Name.Contains("lora_B", StringComparison.Ordinal)))
            weight.add_(0.05);
        return adapter;
    }
}
