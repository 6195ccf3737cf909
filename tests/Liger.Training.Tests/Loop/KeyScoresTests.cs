using Liger.Models.Mixers;
using Liger.Text;
using TorchSharp;

namespace Liger.Training.Tests.Loop;

public class KeyScoresTests
{
    private static readonly MixerPlan Plan = new MixerPlan(new MixerSpec("window", Options("window=3"))).With(new MixerSpec("memory", Options("window=3", "memory-rank=4")), new MixerPlace(1, 1));

    [Fact]
    public void Scores_learn_where_the_originals_attention_goes_and_nothing_else_gets_a_gradient()
    {
        using var scope = torch.NewDisposeScope();
        using var model = TinyModel.Make(Plan);
        using var adapter = Lora.Attach(model, new LoraOptions(), 1, mixerParameters: true);
        IObjective objective = new KeyScores(model, Trainee.Lora(model, adapter));
        foreach (var (_, weight) in objective.Parameters)
            weight.requires_grad = true;
        // The shorter row holds two documents.
        var rows = ToyObjective.Rows(3, 5);
        PackedRow[] batch = [rows[0], rows[1], new PackedRow(rows[2].Ids[..9], rows[2].Labels[..9], [0, 4])];
        var scale = 1.0 / batch.Sum(objective.ScoredTokens);
        var before = objective.Loss(batch, scale, null).item<float>();
        for (var step = 0; step < 40; step++)
        {
            objective.Backward(batch, scale, step).Dispose();
            using var grad = torch.no_grad();
            foreach (var (name, weight) in objective.Parameters)
            {
                var isScore = name.EndsWith(".score", StringComparison.Ordinal) || name.EndsWith(".score-bias", StringComparison.Ordinal);
                if (weight.grad is not { } gradient)
                {
                    Assert.False(isScore, name);
                    continue;
                }
                Assert.True(isScore || gradient.abs().max().item<float>() == 0, name);
                weight.sub_(gradient * 0.3f);
                gradient.zero_();
            }
        }
        Assert.True(objective.Loss(batch, scale, null).item<float>() < 0.9 * before);
        Assert.Null(objective.FirstNonFinite(batch, null));
    }

    [Fact]
    public void A_model_without_key_scores_is_refused()
    {
        using var model = TinyModel.Make("window");
        using var adapter = Lora.Attach(model, new LoraOptions(), 1);
        Assert.Contains("memory", Assert.Throws<TrainingException>(() => new KeyScores(model, Trainee.Lora(model, adapter))).Message);
    }

    private static Dictionary<string, string> Options(params string[] pairs) => pairs.Select(p => p.Split('=')).ToDictionary(p => p[0], p => p[1]);
}
