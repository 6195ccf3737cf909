using Liger.Models.Graph;
using Liger.Models.Mixers;
using Liger.Testing;

namespace Liger.Models.Tests;

public class DelayedMixerTests
{
    [Fact]
    public void The_state_holds_what_has_left_the_window_and_is_no_sink()
    {
        using var scope = NewDisposeScope();
        const int tokens = 30, window = 5, sinks = 2;
        var mixer = Make(("mix", "0"), ("covers-window", "false"));
        var (q, k, v) = (randn([1, tokens, 2, 4], float64), randn([1, tokens, 1, 4], float64), randn([1, tokens, 1, 4], float64));
        var output = mixer.Parallel(new MixerInput(q, k, v, new RotaryTable(ones(tokens, 2, float64), zeros(tokens, 2, float64))));
        for (var t = 0; t < tokens; t++)
            for (var head = 0; head < 2; head++)
            {
                var expected = zeros([4], float64);
                for (var j = sinks; j <= t - window; j++)
                    expected = expected + (v[0, j, 0] * (q[0, t, head].softmax(-1) * k[0, j, 0].softmax(-1)).sum());
                TensorAssert.Close(output[0, t, head], expected, name: $"token {t}, head {head}");
            }
    }

    [Theory]
    [InlineData("rope", "true", "covers-window false and rope true exclude each other")]
    [InlineData("initial-mix", "0.9", "mixture fixed and initial-mix exclude each other")]
    public void What_excludes_each_other_is_named(string option, string value, string message) =>
        Assert.Contains(message, Assert.Throws<ModelException>(() => Make((option, value), ("covers-window", "false"))).Message);

    [Fact]
    public void A_gate_of_queries_cannot_be_late() => Assert.Contains(
        "covers-window false and gate-source query exclude each other",
        Assert.Throws<ModelException>(() => new MixerSpec("liger-gla", new Dictionary<string, string> { ["covers-window"] = "false", ["gate-source"] = "query" }).Create(new MixerShape(2, 1, 4))).Message);

    private static TokenMixer Make(params (string Name, string Value)[] options) =>
        new MixerSpec("liger-linear", options.Append(("window", "5")).Append(("sinks", "2")).Append(("feature-map", "softmax")).ToDictionary(o => o.Item1, o => o.Item2)).Create(new MixerShape(2, 1, 4));
}
