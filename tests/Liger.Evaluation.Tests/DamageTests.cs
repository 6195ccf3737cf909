using Liger.Models.Mixers;
using Liger.Testing;

namespace Liger.Evaluation.Tests;

public class DamageTests
{
    private static readonly DamageOptions Small = new() { Context = 96, Tokens = 192 };

    private static readonly MixerSpec Narrow = new("window", new Dictionary<string, string> { ["window"] = "2" });

    [Fact]
    public void Keeping_everything_restores_everything_and_the_model_is_the_same_afterwards()
    {
        using var scope = NewDisposeScope();
        using var model = TinyModel.Make();
        var before = LiveTensors.Count();
        // A window that hides nothing in layer 0, which is not the default and so not swapped: only the other layer does damage.
        var plan = new MixerPlan(Narrow).With(new MixerSpec("window", new Dictionary<string, string> { ["window"] = "400" }), new MixerPlace(0));
        var layers = DamageRanking.Measure(model, plan, TinyModel.Ids(200), Small with { WholeLayers = true });
        var only = Assert.Single(layers.Places);
        Assert.Equal(("1", 1.0), (only.Place, Math.Round(only.Restored, 4)));
        Assert.Equal(layers.OriginalRecall, only.Recall);
        Assert.True(layers.Divergence > 1e-3);

        var heads = DamageRanking.Measure(model, plan, TinyModel.Ids(200), Small);
        Assert.Equal(["1.0", "1.1"], heads.Places.Select(p => p.Place).Order());
        Assert.True(model.Plan.IsSoftmax);
        Assert.Equal(before, Tensor.TotalCount);
    }

    [Fact]
    public void Places_that_keep_softmax_anyway_are_not_swapped()
    {
        using var model = TinyModel.Make();
        var plan = new MixerPlan(Narrow).With(MixerSpec.Softmax, new MixerPlace(0), new MixerPlace(1, 1));
        Assert.Equal("1.0", Assert.Single(DamageRanking.Measure(model, plan, TinyModel.Ids(192), Small).Places).Place);
    }

    [Fact]
    public void Passages_are_asked_for_where_they_stand_a_second_time()
    {
        var rows = CalibrationRow.Recall(TinyModel.Ids(200), Small);
        Assert.Equal(2, rows.Count);
        foreach (var row in rows)
        {
            Assert.Equal(18, row.Scored.Length);
            var asked = row.Ids[^36..];
            for (var i = 0; i < 3; i++)
                Assert.True(row.Ids.AsSpan(0, row.Ids.Length - 36).IndexOf(asked.AsSpan(i * 12, 12)) >= 0);
        }
        Assert.Equal(rows.SelectMany(r => r.Ids), CalibrationRow.Recall(TinyModel.Ids(200), Small).SelectMany(r => r.Ids));
    }

    [Fact]
    public void A_text_that_is_too_short_is_refused()
    {
        using var model = TinyModel.Make();
        Assert.Contains("too short", Assert.Throws<EvaluationException>(() => DamageRanking.Measure(model, Narrow, TinyModel.Ids(20), Small)).Message);
    }
}
