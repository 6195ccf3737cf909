using Liger.Models.Graph;
using Liger.Models.Mixers;
using Liger.Testing;

namespace Liger.Models.Tests;

public class SelectedMixerTests
{
    private const int Window = 4, Sinks = 1, Most = 3, D = 4;

    [Theory]
    [InlineData("attention")]
    [InlineData("learned")]
    public void It_is_a_softmax_over_what_a_list_kept_token_by_token_holds(string score)
    {
        using var scope = NewDisposeScope();
        const int tokens = 40;
        var (mixer, input) = Make(score, tokens);
        var output = mixer.Parallel(input);
        var (q, k) = (input.Rotary.Apply(input.Queries), input.Rotary.Apply(input.Keys));
        for (var head = 0; head < 2; head++)
        {
            var scores = new double[tokens];
            var kept = new List<int>();
            double Product(int query, int t, int j) => (q[0, t, query] * k[0, j, head]).sum().item<double>() / Math.Sqrt(D);
            double[] Softmax(int query, int t, List<int> seen)
            {
                var e = seen.Select(j => Math.Exp(Product(query, t, j))).ToArray();
                return [.. e.Select(x => x / e.Sum())];
            }

            for (var t = 0; t < tokens; t++)
            {
                var near = Enumerable.Range(0, t + 1).Where(j => j < Sinks || t - j < Window).ToList();
                if (score == "learned")
                    scores[t] = -Math.Sqrt(input.Keys[0, t, head].square().sum().item<double>());
                else
                    foreach (var query in new[] { 2 * head, (2 * head) + 1 })
                        foreach (var (j, weight) in near.Zip(Softmax(query, t, near)))
                            scores[j] += weight;
                if (t - Window >= Sinks)
                    kept.Add(t - Window);
                if (kept.Count > Most)
                    kept.Remove(kept.MinBy(j => scores[j]));
                var seen = near.Concat(kept).ToList();
                foreach (var query in new[] { 2 * head, (2 * head) + 1 })
                {
                    var expected = zeros([D], float64);
                    foreach (var (j, weight) in seen.Zip(Softmax(query, t, seen)))
                        expected = expected + (input.Values[0, j, head] * weight);
                    TensorAssert.Close(output[0, t, query], expected, 1e-6, $"token {t}, head {query}: scores are summed in fp32");
                }
            }
        }
    }

    [Theory]
    [InlineData("attention")]
    [InlineData("learned")]
    public void Long_rows_are_read_in_segments_as_in_any_parts(string score)
    {
        using var scope = NewDisposeScope();
        const int tokens = 2100;
        var (mixer, input) = Make(score, tokens, float32);
        var whole = mixer.Parallel(input);
        using var state = mixer.NewState(1, float32, CPU);
        var parts = new List<Tensor>();
        for (int at = 0, i = 0; at < tokens; i++)
        {
            var count = Math.Min(new[] { 700, 1, 1300 }[i % 3], tokens - at);
            Tensor Part(Tensor x) => x.narrow(1, at, count);
            var rotary = new RotaryTable(input.Rotary.Cos.narrow(0, at, count), input.Rotary.Sin.narrow(0, at, count));
            parts.Add(mixer.Extend(new MixerInput(Part(input.Queries), Part(input.Keys), Part(input.Values), rotary), state));
            at += count;
        }
        TensorAssert.Close(cat(parts, 1), whole);
        Assert.Equal(mixer.StateBytes(tokens, sizeof(float)), state.Bytes);
    }

    private static (TokenMixer Mixer, MixerInput Input) Make(string score, int tokens, ScalarType dtype = ScalarType.Float64)
    {
        var options = new Dictionary<string, string> { ["window"] = $"{Window}", ["sinks"] = $"{Sinks}", ["selected"] = $"{Most}", ["key-score"] = score };
        using var generator = new Generator(5);
        Tensor Random(int heads) => randn([1, tokens, heads, D], float64, generator: generator).to(dtype);
        var angles = arange(tokens).to(float64).unsqueeze(-1) * torch.tensor([1, 0.1]);
        var rotary = new RotaryTable(angles.cos().to(dtype), angles.sin().to(dtype));
        return (new MixerSpec("selected", options).Create(new MixerShape(4, 2, D)), new MixerInput(Random(4), Random(2), Random(2), rotary));
    }
}
