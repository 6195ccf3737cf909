using Liger.Models.Mixers;

namespace Liger.Evaluation.Tests;

public sealed class GateTests
{
    [Fact]
    public void Half_lives_follow_from_a_constant_gate()
    {
        // log σ(0) / 16 a token: 16 tokens halve what is held.
        using var model = TinyModel.Make("gla");
        model.Mixers = model.NewMixers(MixerSpec.Parse("gla gate-source=constant gate-logit=0"));
        var (heads, tokens) = GateMeter.Measure(model, TinyModel.Ids(50), context: 20);
        Assert.Equal(40, tokens);
        Assert.Equal(["0.0", "0.1", "1.0", "1.1"], heads.Select(h => $"{h.Layer}.{h.KvHead}"));
        Assert.All(heads, head =>
        {
            Assert.Equal("gla", head.Mixer);
            Assert.Null(head.WindowShare);
            Assert.Equal(16, head.HalfLife!.Median!.Value, 1e-4);
            Assert.Equal(head.HalfLife.Low, head.HalfLife.High);
        });
    }

    [Fact]
    public void Every_kv_head_is_shown_under_its_own_mixer()
    {
        using var model = TinyModel.Make();
        using var mixers = model.NewMixers(new MixerPlan(MixerSpec.Parse("liger-linear window=4")).With(MixerSpec.Softmax, MixerPlace.Parse("0.1")).With(MixerSpec.Parse("retention"), MixerPlace.Parse("1")));
        var before = model.Mixers;
        model.Mixers = mixers;
        var (heads, _) = GateMeter.Measure(model, TinyModel.Ids(30));
        model.Mixers = before;
        Assert.Equal(["liger-linear", "softmax", "retention", "retention"], heads.Select(h => h.Mixer));
        Assert.Equal([true, false, false, false], heads.Select(h => h.WindowShare is not null));
        Assert.Equal([false, false, true, true], heads.Select(h => h.HalfLife is not null));
        Assert.True(heads[2].HalfLife!.Median < heads[3].HalfLife!.Median, "retention's heads forget at rates of their own");
    }

    [Fact]
    public void A_gate_that_never_closes_has_no_half_life() =>
        Assert.Equal(new Spread(null, 8, null), Spread.Of(tensor([.. Enumerable.Repeat(8.0, 40), .. Enumerable.Repeat(double.PositiveInfinity, 60)])));

    [Fact]
    public void What_cannot_be_read_is_refused()
    {
        using var model = TinyModel.Make();
        Assert.Throws<EvaluationException>(() => GateMeter.Measure(model, []));
        Assert.Throws<EvaluationException>(() => GateMeter.Measure(model, [1], context: 0));
        Assert.Throws<EvaluationException>(() => GateMeter.Measure(model, [TinyModel.Vocabulary]));
    }
}
