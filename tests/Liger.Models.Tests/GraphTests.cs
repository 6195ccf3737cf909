using Liger.Checkpoints;
using Liger.Models.Decoding;
using Liger.Models.Graph;
using Liger.Models.Mixers;
using Liger.Testing;

namespace Liger.Models.Tests;

public class GraphTests
{
    [Fact]
    public void Several_may_watch_the_mixers_until_each_has_seen_enough()
    {
        using var scope = NewDisposeScope();
        using var model = TinyModel.Make(MixerSpec.Softmax);
        var (first, second) = (new List<int>(), new List<int>());
        var ids = TinyModel.Ids(1, 5);
        using (model.Watch((layer, input) => first.Add(layer)))
        {
            var other = model.Watch((layer, input) => second.Add((10 * layer) + (int)input.Keys.shape[1]));
            model.forward(ids);
            other.Dispose();
            model.forward(ids);
        }
        model.forward(ids);
        Assert.Equal([0, 1, 0, 1], first);
        Assert.Equal([5, 15], second);
    }

    [Theory]
    [InlineData("llama")]
    [InlineData("mistral")]
    [InlineData("qwen2")]
    [InlineData("qwen3")]
    public void Every_family_asks_for_its_own_tensors(string family)
    {
        using var scope = NewDisposeScope();
        var asked = new ShapeOnlyWeights();
        using var model = CausalLM.Build(TinyModel.Config(family), MixerSpec.Softmax, asked);
        var names = model.Parameters.Select(p => p.Name).ToArray();
        Assert.Equal(family == "qwen2", names.Contains("model.layers.0.self_attn.q_proj.bias"));
        Assert.Equal(family == "qwen3", names.Contains("model.layers.1.self_attn.k_norm.weight"));
        Assert.Equal(14, model.Projections.Count);
        Assert.Equal("model.layers.0.self_attn.q_proj", model.Projections[0].Name);
    }

    [Fact]
    public void A_mistral_window_limits_what_softmax_sees()
    {
        using var scope = NewDisposeScope();
        using var windowed = TinyModel.Make(MixerSpec.Softmax, TinyModel.Config("mistral", ("sliding_window", 5)));
        using var narrow = TinyModel.Make(new MixerSpec("window", new Dictionary<string, string> { ["window"] = "5" }));
        var ids = TinyModel.Ids(1, 20);
        TensorAssert.Close(windowed.forward(ids), narrow.forward(ids));
    }

    [Fact]
    public void Llama3_scaling_divides_slow_frequencies_and_keeps_fast_ones()
    {
        var rope = new RopeConfig(5e5, RopeType.Llama3, 8, 1, 4, 8192);
        var plain = RotaryFrequencies.Of(new RopeConfig(5e5), 128);
        var scaled = RotaryFrequencies.Of(rope, 128);
        Assert.Equal(plain[0], scaled[0]);
        Assert.Equal(plain[^1] / 8, scaled[^1], 1e-15);
        Assert.All(scaled.Zip(plain), pair => Assert.InRange(pair.First, pair.Second / 8 * 0.999999, pair.Second));
        Assert.Equal([.. plain.Select(f => f / 4)], RotaryFrequencies.Of(new RopeConfig(5e5, RopeType.Linear, 4), 128));
    }

    [Fact]
    public void Wrapping_a_projection_changes_the_model_and_unwrapping_restores_it()
    {
        using var scope = NewDisposeScope();
        using var model = TinyModel.Make(MixerSpec.Softmax);
        var ids = TinyModel.Ids(1, 6);
        var before = model.forward(ids);
        var slot = model.Projections[2];
        slot.Value = new Doubled(slot.Base);
        Assert.False(model.forward(ids).allclose(before));
        slot.Value = slot.Base;
        TensorAssert.Same(model.forward(ids), before);
    }

    [Fact]
    public void Generation_is_greedy_by_default_and_repeats_with_a_seed()
    {
        using var model = TinyModel.Make(new MixerSpec("liger-gla", new Dictionary<string, string> { ["window"] = "4" }));
        int[] Run(Sampler sampler)
        {
            using var state = model.NewState(1);
            return [.. Generation.Continue(model, state, [1, 2, 3], sampler, 12)];
        }

        Assert.Equal(12, Run(new Sampler()).Length);
        Assert.Equal(Run(new Sampler()), Run(new Sampler()));
        Assert.Equal(Run(new Sampler(1, 0.9, 5)), Run(new Sampler(1, 0.9, 5)));
        Assert.NotEqual(Run(new Sampler(2, 1, 5)), Run(new Sampler(2, 1, 6)));
        Assert.Equal(Run(new Sampler()), Run(new Sampler(1, 1e-9)));
    }

    [Fact]
    public void A_token_beyond_the_vocabulary_is_refused()
    {
        using var model = TinyModel.Make(MixerSpec.Softmax);
        using var state = model.NewState(1);
        Assert.Contains("token 50", Assert.Throws<ModelException>(() => Generation.Read(model, state, [1, 50])).Message);
    }

    private sealed class Doubled(Projection inner) : Projection
    {
        public override int InFeatures => inner.InFeatures;

        public override int OutFeatures => inner.OutFeatures;

        public override Tensor forward(Tensor x) => inner.forward(x) * 2;

        public override void Dispose()
        {
        }
    }
}
