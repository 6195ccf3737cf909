using System.Text.Json;
using Liger.Models.Mixers;
using Liger.Testing;
using Liger.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace Liger.Training.Tests.Loop;

public class AttentionTransferTests
{
    private static readonly MixerSpec Window = new("window", new Dictionary<string, string> { ["window"] = "3" });
    private static readonly LoraOptions Everywhere = new() { Targets = ["q_proj", "k_proj", "v_proj", "o_proj"] };

    [Fact]
    public void Errors_are_those_of_the_formula_on_the_originals_own_inputs()
    {
        using var scope = torch.NewDisposeScope();
        using var model = TinyModel.Make(Window);
        using var adapter = Lora.Attach(model, Everywhere, 1);
        var objective = new AttentionTransfer(model, Trainee.Lora(model, adapter));
        // A shorter row: what is filled up behind its end does not count.
        var full = ToyObjective.Rows(2, 5);
        PackedRow[] rows = [full[0], new PackedRow(full[1].Ids[..7], full[1].Labels[..7], [0])];
        using var grad = torch.no_grad();
        var measured = objective.Measure(rows, 1.0 / rows.Sum(objective.ScoredTokens)).data<float>().ToArray();
        Assert.Equal(measured[0], measured.Skip(1).Average(), 1e-6);
        var outputs = new List<(Tensor Original, Tensor Own)>();
        model.BesideOriginal(NextTokenLoss.Ids(rows, CPU), null, (_, original, own) => outputs.Add((original.clone().DetachFromDisposeScope(), own.clone().DetachFromDisposeScope())));
        foreach (var (layer, (original, own)) in outputs.Index())
        {
            var (distance, size) = (0.0, 0.0);
            foreach (var (row, length) in new[] { (0, ToyObjective.Length), (1, 7) })
            {
                var (y, x) = (original[row].narrow(0, 0, length), own[row].narrow(0, 0, length));
                distance += x.sub(y).square().sum().item<float>();
                size += y.square().sum().item<float>();
            }
            Assert.Equal(distance / size, measured[layer + 1], 1e-5);
            Assert.True(measured[layer + 1] > 0.01);
            original.Dispose();
            own.Dispose();
        }

        // The input of a layer is the original's, whatever the layers before it have come to.
        adapter.Parameters.First(p => p.Name.Contains("layers.0", StringComparison.Ordinal) && p.Name.Contains("lora_B", StringComparison.Ordinal)).Weight.add_(1);
        var changed = objective.Measure(rows, 1.0 / rows.Sum(objective.ScoredTokens)).data<float>().ToArray();
        Assert.NotEqual(measured[1], changed[1]);
        Assert.Equal(measured[2], changed[2]);
    }

    [Fact]
    public void A_layers_gradient_stays_in_it_and_layerwise_gradients_are_those_of_the_whole_loss()
    {
        using var scope = torch.NewDisposeScope();
        using var model = TinyModel.Make(Window);
        using var adapter = Lora.Attach(model, Everywhere with { Dropout = 0.2 }, 1);
        using (torch.no_grad())
            foreach (var (_, weight) in adapter.Parameters.Where(p => p.Name.Contains("lora_B", StringComparison.Ordinal)))
                weight.add_(0.05);
        var objective = new AttentionTransfer(model, Trainee.Lora(model, adapter));
        var rows = ToyObjective.Rows(2, 5);
        List<Tensor?> Gradients(Action backward)
        {
            foreach (var (_, weight) in adapter.Parameters)
                weight.grad = null;
            backward();
            return [.. adapter.Parameters.Select(p => p.Weight.grad?.clone())];
        }

        Tensor? loss = null;
        var whole = Gradients(() => objective.Loss(rows, 0.1, 3).backward());
        var parts = Gradients(() => loss = ((IObjective)objective).Backward(rows, 0.1, 3));
        TensorAssert.Close(loss!, objective.Loss(rows, 0.1, 3));
        Assert.False(loss!.requires_grad);
        foreach (var (expected, actual) in whole.Zip(parts))
            TensorAssert.Close(actual!, expected!);

        // Only the first layer's error: nothing arrives in the second, and the first gets what it got before.
        var first = Gradients(() => model.BesideOriginal(NextTokenLoss.Ids(rows, CPU), null, (layer, original, own) =>
        {
            if (layer == 0)
                own.sub(original).square().sum().div(original.square().sum()).mul(2 * ToyObjective.Length * 0.1 / 2).backward();
        }));
        foreach (var (name, expected, actual) in adapter.Parameters.Select(p => p.Name).Zip(whole, first))
            if (name.Contains("layers.0", StringComparison.Ordinal)) TensorAssert.Close(actual!, expected!, name: name);
            else Assert.Null(actual);
    }

    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.BFloat16)]
    public void Training_lowers_every_layers_error_and_leaves_no_tensor(ScalarType dtype)
    {
        using var folder = new TemporaryFolder();
        using var model = TinyModel.Make(Window, dtype);
        using var adapter = Lora.Attach(model, Everywhere, 1);
        var frozen = model.Parameters.Select(p => p.Weight.bytes.ToArray()).ToList();
        var reports = new TrainerTests.Reports();
        var options = new TrainerOptions { Steps = 30, Batch = 2, Accumulation = 2, Schedule = new ScheduleOptions { LearningRate = 0.02 }, ValidateEvery = 15, SaveEvery = 100 };
        new Trainer(new AttentionTransfer(model, Trainee.Lora(model, adapter)), ToyObjective.Rows(20, 1), ToyObjective.Rows(4, 2), options, RunFolder.Create(folder["run"])).Run(progress: reports);
        Assert.Equal(frozen, model.Parameters.Select(p => p.Weight.bytes.ToArray()));
        Assert.Single(reports.LiveTensors.Skip(1).Distinct());
        var validations = File.ReadLines(folder["run/metrics.jsonl"]).Select(line => JsonDocument.Parse(line).RootElement).Where(line => line.TryGetProperty("validation_loss", out _)).ToList();
        foreach (var name in new[] { "validation_layer_0", "validation_layer_1" })
            Assert.True(validations[^1].GetProperty(name).GetDouble() < validations[0].GetProperty(name).GetDouble(), string.Join(" ", validations.Select(v => v.GetProperty(name))));
    }

    [Fact]
    public void A_layer_that_is_not_finite_is_named()
    {
        using var scope = torch.NewDisposeScope();
        using var model = TinyModel.Make(Window);
        using var adapter = Lora.Attach(model, Everywhere, 1);
        var objective = new AttentionTransfer(model, Trainee.Lora(model, adapter));
        using var grad = torch.no_grad();
        Assert.Null(objective.FirstNonFinite(ToyObjective.Rows(2, 5), null));
        adapter.Parameters[^1].Weight.fill_(double.NaN);
        Assert.Equal("model.layers.1.self_attn", objective.FirstNonFinite(ToyObjective.Rows(2, 5), null));
    }
}
