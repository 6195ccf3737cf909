using Liger.Models.Mixers;
using Liger.Ops;
using Liger.Testing;
using Liger.Text;
using TorchSharp;

namespace Liger.Training.Tests.Fitting;

public class KeyScoreFitTests
{
    [Fact]
    public void A_logistic_fit_finds_what_made_the_targets()
    {
        using var scope = torch.NewDisposeScope();
        torch.manual_seed(4);
        var x = torch.cat([torch.randn(4000, 3), torch.ones(4000, 1)], 1);
        var truth = torch.tensor([3f, -2f, 0f, -1f]);
        TensorAssert.Close(LogisticFit.Fit(x, x.matmul(truth).sigmoid(), 1e-4), truth, 1e-2);
        // A feature that tells all targets apart would grow without end; the ridge holds it.
        var apart = x.select(1, 0).gt(0).to(torch.float32);
        Assert.True(LogisticFit.Fit(x, apart, 1).isfinite().all().item<bool>());
    }

    [Fact]
    public void Fitted_scores_have_less_loss_and_what_needs_none_keeps_its_own()
    {
        using var scope = torch.NewDisposeScope();
        var plan = new MixerPlan(MixerSpec.Parse("selected window=3 sinks=1 selected=2 key-score=learned")).With(MixerSpec.Parse("memory window=3 sinks=1 memory-rank=4"), new MixerPlace(1, 1));
        using var model = TinyModel.Make(plan);
        var random = new Random(2);
        List<int[]> rows = [.. Enumerable.Range(0, 40).Select(_ => Enumerable.Range(0, 24).Select(_ => random.Next(TinyModel.Vocabulary)).ToArray())];
        var before = Loss();
        float[] biases = [Bias(0, 0), Bias(0, 1), Bias(1, 0)];
        var live = LiveTensors.Count();
        using (var table = KeyScoreFit.Fit(model, rows, head => head == new MixerPlace(0, 0) ? new Visibility(null, 1) : new Visibility(3, 1)))
        {
            table.Give(model.Mixers);
        }
        Assert.Equal(live, torch.Tensor.TotalCount);
        // What sees everything keeps the score it has.
        Assert.Equal(biases[0], Bias(0, 0));
        Assert.NotEqual(biases[1], Bias(0, 1));
        Assert.NotEqual(biases[2], Bias(1, 0));
        Assert.True(Loss() < 0.8 * before, $"{Loss()} of {before}");

        double Loss()
        {
            using var adapter = Lora.Attach(model, new LoraOptions(), 1, mixerParameters: true);
            PackedRow[] batch = [.. rows.Select(row => new PackedRow(row, row, [0]))];
            using var loss = new KeyScores(model, Trainee.Lora(model, adapter)).Loss(batch, 1.0 / batch.Sum(row => row.Ids.Length), null);
            return loss.item<float>();
        }

        float Bias(int layer, int head)
        {
            var of = layer == 0 ? "mixer.score-bias" : $"mixer.kv{head}.score-bias";
            return model.Mixers.Parameters.Single(p => p.Name == $"model.layers.{layer}.self_attn.{of}").Parameter.Value[layer == 0 ? head : 0].item<float>();
        }
    }

    [Fact]
    public void Rows_of_different_lengths_are_refused()
    {
        using var model = TinyModel.Make();
        Assert.Contains("all of one length, got 2 of 4, 5", Assert.Throws<TrainingException>(() => KeyScoreFit.Fit(model, [new int[4], new int[5]], _ => default)).Message);
    }
}
