using Liger.Checkpoints;
using Liger.Models.Conversion;
using Liger.Models.Graph;
using Liger.Models.Mixers;
using Liger.Testing;

namespace Liger.Models.Tests;

public class MixerPlanTests
{
    private static readonly MixerSpec Window = new("window", new Dictionary<string, string> { ["window"] = "8", ["sinks"] = "2" });
    private static readonly MixerSpec Liger = new("liger-gla", new Dictionary<string, string> { ["window"] = "8" });

    /// <summary>Layer 0 whole, head 1 of layer 1 and, as a third kind, head 0 of layer 1.</summary>
    private static readonly MixerPlan Mixed = new MixerPlan(Window).With(MixerSpec.Softmax, new MixerPlace(1, 1)).With(Liger, new MixerPlace(0), new MixerPlace(1, 0));

    [Fact]
    public void Heads_that_all_have_one_mixer_compute_what_the_whole_layer_computes()
    {
        using var scope = NewDisposeScope();
        using var model = TinyModel.Make(Window);
        var ids = TinyModel.Ids(2, 40);
        var whole = model.forward(ids);
        // Options spelled otherwise but equal do not split a layer; another window that hides nothing does.
        using var same = model.NewMixers(new MixerPlan(Window).With(new MixerSpec("window", new Dictionary<string, string> { ["sinks"] = "2.0", ["window"] = "8" }), new MixerPlace(0, 1)));
        Assert.IsType<WindowMixer>(same.Layers[0]);
        using var split = model.NewMixers(new MixerPlan(new MixerSpec("window", new Dictionary<string, string> { ["window"] = "64" })).With(MixerSpec.Softmax, new MixerPlace(0, 1), new MixerPlace(1, 0)));
        using var softmax = model.NewMixers(MixerSpec.Softmax);
        using var own = model.Mixers;
        model.Mixers = split;
        var joined = model.forward(ids);
        model.Mixers = softmax;
        TensorAssert.Close(joined, model.forward(ids));
        model.Mixers = own;
        TensorAssert.Same(model.forward(ids), whole);
    }

    [Fact]
    public void A_head_works_with_its_own_queries_and_leaves_the_others_alone()
    {
        using var scope = NewDisposeScope();
        var shape = new MixerShape(4, 2, 6);
        var (q, k, v) = (randn(2, 30, 4, 6), randn(2, 30, 2, 6), randn(2, 30, 2, 6));
        var rotary = new RotaryTable(randn([30, 3]).cos(), randn([30, 3]).sin());
        var joined = new MixerPlan(Window).With(MixerSpec.Softmax, new MixerPlace(3, 1)).Create(3, shape).Parallel(new MixerInput(q, k, v, rotary));
        TensorAssert.Close(joined[.., .., ..2], Window.Create(shape).Parallel(new MixerInput(q, k, v, rotary))[.., .., ..2]);
        TensorAssert.Close(joined[.., .., 2..], MixerSpec.Softmax.Create(shape).Parallel(new MixerInput(q, k, v, rotary))[.., .., 2..]);
    }

    [Fact]
    public void Steps_and_splits_equal_the_parallel_form()
    {
        using var scope = NewDisposeScope();
        using var model = CausalLM.Build(TinyModel.Config(), Mixed, new RandomWeights(3, std: 0.3));
        using var mode = no_grad();
        var ids = TinyModel.Ids(2, 70);
        var whole = model.forward(ids);
        using var state = model.NewState(2);
        foreach (var cut in new[] { 20, 1, 1, 17, 1, 30 })
            TensorAssert.Close(model.Step(ids.narrow(1, state.Position, cut), state), whole.select(1, state.Position - 1), 2e-4, $"after {state.Position}");
    }

    [Fact]
    public void A_plan_comes_back_from_the_config_it_was_written_to()
    {
        var config = HfConfig.FromJson(Linearizer.Plan(TinyModel.Config(), Mixed).Config, "config.json");
        var back = MixerPlan.Of(config);
        Assert.True(back.SameAs(Mixed, 2, 2));
        Assert.False(back.SameAs(Window, 2, 2));
        Assert.Equal("window; liger-gla in 0, 1.0; softmax in 1.1", back.ToString());
        Assert.Equal("liger_window_h", config.ModelType);
        Assert.Equal("llama", Linearizer.Plan(config, MixerSpec.Softmax).ModelType);
    }

    [Fact]
    public void A_learned_mix_starts_as_the_fixed_one_and_can_be_trained_head_by_head()
    {
        using var scope = NewDisposeScope();
        using var model = TinyModel.Make(new MixerSpec("liger-gla", new Dictionary<string, string> { ["window"] = "8", ["mix"] = "0.9" }));
        var ids = TinyModel.Ids(2, 30);
        var wanted = model.forward(ids);
        var learned = new MixerSpec("liger-gla", new Dictionary<string, string> { ["window"] = "8", ["mixture"] = "learned", ["initial-mix"] = "0.9" });
        using var mixers = model.NewMixers(new MixerPlan(learned).With(MixerSpec.Softmax, new MixerPlace(1, 0)));
        Assert.Equal(["model.layers.0.self_attn.mixer.mix", "model.layers.1.self_attn.mixer.kv1.mix"], mixers.Parameters.Select(p => p.Name));
        Assert.Equal([4L, 2L], mixers.Parameters.Select(p => p.Parameter.Shape[0]));
        using var all = model.NewMixers(learned);
        using var own = model.Mixers;
        model.Mixers = all;
        TensorAssert.Close(model.forward(ids), wanted, 1e-4, "logits of the order of ten");
        foreach (var (_, parameter) in all.Parameters)
            parameter.Value.requires_grad = true;
        model.forward(ids).logsumexp(-1).sum().backward();
        Assert.All(all.Parameters, p => Assert.True(p.Parameter.Value.grad!.ne(0).all().item<bool>(), p.Name));
        model.Mixers = own;
    }

    [Theory]
    [InlineData("liger-gla window=8", 8)]
    [InlineData("hgrn2", 8)]
    [InlineData("gsa slots=4", 4)]
    [InlineData("gla gate-shape=scalar", 1)]
    [InlineData("gla gate-source=constant", 8)]
    [InlineData("gated-retention", 1)]
    [InlineData("mamba2", 1)]
    [InlineData("rwkv6", 8)]
    [InlineData("gated-delta", 1)]
    [InlineData("rwkv7", 8)]
    public void A_decay_offset_starts_as_nothing_and_can_be_trained(string mixer, long gates)
    {
        using var scope = NewDisposeScope();
        using var model = TinyModel.Make(MixerSpec.Parse(mixer));
        var ids = TinyModel.Ids(2, 30);
        var wanted = model.forward(ids);
        using var mixers = model.NewMixers(MixerSpec.Parse($"{mixer} decay-offset=learned"));
        Assert.Equal(["model.layers.0.self_attn.mixer.decay-offset", "model.layers.1.self_attn.mixer.decay-offset"], mixers.Parameters.Select(p => p.Name));
        Assert.All(mixers.Parameters, p => Assert.Equal([2, gates], p.Parameter.Shape));
        using var own = model.Mixers;
        model.Mixers = mixers;
        TensorAssert.Same(model.forward(ids), wanted);

        var offset = mixers.Parameters.First().Parameter.Value;
        Tensor Loss() => model.forward(ids).logsumexp(-1).to(float64).sum();
        offset.requires_grad = true;
        Loss().backward();
        Assert.True(offset.grad!.ne(0).all().item<bool>());
        // Along the gradient, in steps that fp32 sees.
        var (direction, norm) = (offset.grad / offset.grad.norm(), offset.grad.norm().item<float>());
        double Shifted(double by)
        {
            using var mode = no_grad();
            using var inner = NewDisposeScope();
            offset.add_(direction * by);
            var loss = Loss().item<double>();
            offset.sub_(direction * by);
            return loss;
        }
        const double step = 0.05;
        Assert.Equal(1, (Shifted(step) - Shifted(-step)) / (2 * step) / norm, 0.02);
        model.Mixers = own;
    }

    [Fact]
    public void Exchanged_mixers_leave_nothing_behind()
    {
        using var model = TinyModel.Make(Window);
        var before = LiveTensors.Count();
        foreach (var name in new[] { "lolcats", "selected", "joint" })
            model.NewMixers(new MixerPlan(new MixerSpec(name, new Dictionary<string, string> { ["window"] = "8" }))).Dispose();
        Assert.Equal(before, LiveTensors.Count());
        var made = model.NewMixers(new MixerSpec("lolcats", new Dictionary<string, string>()));
        Assert.Equal(before + 6, Tensor.TotalCount);
        made.Dispose();
        Assert.Equal(before, Tensor.TotalCount);
    }

    [Theory]
    [InlineData("7")]
    [InlineData("0.2")]
    [InlineData("x")]
    public void A_config_whose_exceptions_fit_nothing_is_refused(string place)
    {
        var config = Linearizer.Plan(TinyModel.Config(), Mixed).Config;
        config["liger"]!["except"]!.AsObject()[place] = Window.ToJson();
        Assert.StartsWith("config.json", Assert.Throws<ModelException>(() => MixerPlan.Of(HfConfig.FromJson(config, "config.json"))).Message);
    }
}
