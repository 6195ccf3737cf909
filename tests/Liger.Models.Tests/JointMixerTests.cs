using Liger.Models.Graph;
using Liger.Models.Mixers;
using Liger.Testing;

namespace Liger.Models.Tests;

public class JointMixerTests
{
    [Theory]
    [InlineData("joint", "write-gate")]
    [InlineData("joint", "joint-rope")]
    [InlineData("lolcats", null)]
    public void Long_rows_are_read_in_segments_as_in_any_parts(string name, string? flag)
    {
        using var scope = NewDisposeScope();
        const int tokens = 2100;
        var options = new Dictionary<string, string> { ["window"] = "8", ["sinks"] = "2" };
        if (flag is not null)
            options[flag] = flag == "write-gate" ? "true" : "false";
        var mixer = new MixerSpec(name, options).Create(new MixerShape(2, 1, 4));
        var (q, k, v) = (randn(1, tokens, 2, 4), randn(1, tokens, 1, 4), randn(1, tokens, 1, 4));
        var angles = arange(tokens).to(float32).unsqueeze(-1) * torch.tensor([1f, 0.1f]);
        var input = new MixerInput(q, k, v, new RotaryTable(angles.cos(), angles.sin()));
        var whole = mixer.Parallel(input);
        using var state = mixer.NewState(1, float32, CPU);
        var parts = new List<Tensor>();
        for (int at = 0, i = 0; at < tokens; i++)
        {
            var count = Math.Min(new[] { 700, 1, 1300 }[i % 3], tokens - at);
            Tensor Part(Tensor x) => x.narrow(1, at, count);
            var rotary = new RotaryTable(angles.cos().narrow(0, at, count), angles.sin().narrow(0, at, count));
            parts.Add(mixer.Extend(new MixerInput(Part(q), Part(k), Part(v), rotary), state));
            at += count;
        }
        TensorAssert.Close(cat(parts, 1), whole);
        Assert.Equal(mixer.StateBytes(tokens, sizeof(float)), state.Bytes);
        foreach (var (_, parameter) in mixer.Parameters)
            parameter.Dispose();
    }

    [Fact]
    public void Quadratic_features_give_the_second_order_of_the_exponential()
    {
        using var scope = NewDisposeScope();
        var map = new QuadraticMap(6);
        var (q, k) = (randn([5, 1, 1, 6], float64), randn([5, 1, 1, 6], float64));
        var s = (q * k).sum(-1) / Math.Sqrt(6);
        TensorAssert.Close((map.Queries(q) * map.Keys(k)).sum(-1), (s.square() * 0.5) + s + 1);
        Assert.Equal(map.Width, map.Keys(k).shape[^1]);
    }

    [Fact]
    public void A_write_gate_that_is_shut_leaves_the_window()
    {
        using var scope = NewDisposeScope();
        using var model = TinyModel.Make(new MixerSpec("window", new Dictionary<string, string> { ["window"] = "8", ["sinks"] = "1" }));
        var ids = TinyModel.Ids(2, 40);
        var window = model.forward(ids);
        using var shut = model.NewMixers(new MixerSpec("joint", new Dictionary<string, string>
        {
            ["window"] = "8",
            ["sinks"] = "1",
            ["write-gate"] = "true",
            ["initial-write"] = "0.0001",
            ["joint-map"] = "softmax",
        }));
        using var own = model.Mixers;
        model.Mixers = shut;
        TensorAssert.Close(model.forward(ids), window, 0.05, "logits of the order of ten, a weight of 1e-4 a key");
        model.Mixers = own;
    }

    [Fact]
    public void An_initial_write_without_a_gate_is_refused() =>
        Assert.Contains("initial-write needs write-gate", Assert.Throws<ModelException>(() => new MixerSpec("joint", new Dictionary<string, string> { ["initial-write"] = "0.5" }).Create(new MixerShape(2, 1, 4))).Message);
}
