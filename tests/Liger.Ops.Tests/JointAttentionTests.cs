using Liger.Testing;

namespace Liger.Ops.Tests;

public class JointAttentionTests
{
    private const int Window = 5, Sinks = 2, D = 4;

    private static readonly Visibility Near = new(Window, Sinks);

    [Theory]
    [InlineData(1, false)]
    [InlineData(1, true)]
    [InlineData(17, false)]
    [InlineData(17, true)]
    public void Outputs_and_gradients_are_those_of_the_sums_written_out(int tokens, bool factor)
    {
        using var scope = NewDisposeScope();
        var (q, k, v, w) = Input(tokens);
        var log = factor ? torch.tensor([-1.0, 0.5, 2, 0]).requires_grad_() : null;
        Tensor[] leaves = [q, k, v, w, .. log is null ? Array.Empty<Tensor>() : [log]];
        var (near, far) = Masks(tokens);
        var joint = JointAttention.Forward(q, k, v, near, new FarKeys(far, s => s.square() + 0.1, w), log);
        var plain = WrittenOut(q, k, v, w, log);
        TensorAssert.Close(joint, plain);
        var weight = randn(joint.shape, float64, generator: new Generator(9));
        var expected = autograd.grad([(plain * weight).sum()], leaves, allow_unused: true);
        var got = autograd.grad([(joint * weight).sum()], leaves, allow_unused: true);
        for (var i = 0; i < leaves.Length; i++)
            TensorAssert.Close(got[i] ?? zeros_like(leaves[i]), expected[i] ?? zeros_like(leaves[i]), name: $"gradient {i}");
    }

    [Fact]
    public void Far_keys_summed_up_count_as_those_at_hand()
    {
        using var scope = NewDisposeScope();
        const int tokens = 17, gone = 9;
        var (q, k, v, w) = Input(tokens);
        var (near, far) = Masks(tokens);
        // The kernel (q·k/√D)², whose features are all products of two channels.
        Tensor Features(Tensor x) => (x.unsqueeze(-1) * x.unsqueeze(-2)).flatten(-2, -1) * (1 / Math.Sqrt(D));
        var whole = JointAttention.Forward(q, k, v, near, new FarKeys(far, s => s.square(), w));
        Tensor Gone(Tensor x) => x.narrow(1, Sinks, gone - Sinks).transpose(1, 2);
        var state = JointAttention.Sum(Gone(Features(k)), Gone(v), Gone(w.unsqueeze(-1)));
        // From here on all of these keys have left the window.
        const int from = gone + Window - 1, count = tokens - from;
        Tensor Kept(Tensor x) => cat([x.narrow(1, 0, Sinks), x.narrow(1, gone, tokens - gone)], 1);
        Tensor Rows(Tensor mask) => Kept(mask.narrow(0, from, count));
        var rest = JointAttention.Forward(
            q.narrow(1, from, count), Kept(k), Kept(v), Rows(near), new FarKeys(Rows(far), s => s.square(), Kept(w), new CarriedKeys(Features(q.narrow(1, from, count)), state)));
        TensorAssert.Close(rest, whole.narrow(1, from, count));
    }

    [Fact]
    public void Scores_of_any_size_stay_finite()
    {
        using var scope = NewDisposeScope();
        foreach (var scale in new[] { 1e-30, 1.0, 1e4 })
        {
            var (q, k, v, w) = Input(30, float32, scale);
            var (near, far) = Masks(30);
            var output = JointAttention.Forward(q, k, v, near, new FarKeys(far, s => s.relu(), w));
            Assert.True(output.isfinite().all().item<bool>());
            Assert.All(autograd.grad([output.sum()], [q, k, v, w]), g => Assert.True(g.isfinite().all().item<bool>()));
        }
    }

    private static Tensor WrittenOut(Tensor q, Tensor k, Tensor v, Tensor w, Tensor? log)
    {
        var tokens = (int)q.shape[1];
        var rows = new List<Tensor>();
        for (var t = 0; t < tokens; t++)
            for (var h = 0; h < 4; h++)
            {
                Tensor Score(int j) => (q[0, t, h] * k[0, j, h / 2]).sum() / Math.Sqrt(D);
                bool IsNear(int j) => j < Sinks || t - j < Window;
                var scores = Enumerable.Range(0, t + 1).ToDictionary(j => j, Score);
                var most = scores.Where(s => IsNear(s.Key)).Select(s => s.Value).Aggregate((a, b) => a.item<double>() >= b.item<double>() ? a : b);
                var (sum, weights) = (zeros([D], float64), zeros([], float64));
                foreach (var (j, score) in scores)
                {
                    var near = log is null ? score.exp() : (score - most + log[h]).exp();
                    var weight = IsNear(j) ? near : (score.square() + 0.1) * w[0, j, h / 2];
                    sum = sum + (v[0, j, h / 2] * weight);
                    weights = weights + weight;
                }
                rows.Add(sum / weights);
            }
        return stack(rows, 0).view(1, tokens, 4, D);
    }

    private static (Tensor Near, Tensor Far) Masks(int tokens)
    {
        var at = arange(tokens);
        var near = Near.Mask(at, at);
        return (near, default(Visibility).Mask(at, at).logical_and(near.logical_not()));
    }

    private static (Tensor Q, Tensor K, Tensor V, Tensor W) Input(int tokens, ScalarType dtype = ScalarType.Float64, double scale = 1)
    {
        using var generator = new Generator(3);
        Tensor Random(params long[] size) => (randn(size, float64, generator: generator) * scale).to(dtype).requires_grad_();
        return (Random(1, tokens, 4, D), Random(1, tokens, 2, D), Random(1, tokens, 2, D), rand([1, tokens, 2], float64, generator: generator).to(dtype).requires_grad_());
    }
}
