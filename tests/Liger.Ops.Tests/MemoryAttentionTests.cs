using Liger.Testing;

namespace Liger.Ops.Tests;

public class MemoryAttentionTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(17, 1)]
    [InlineData(17, 1.5)]
    [InlineData(17, 3)]
    public void Outputs_and_gradients_are_those_of_the_sums_written_out(int tokens, double sharpness)
    {
        using var scope = NewDisposeScope();
        var (q, k, v, read, weight) = Input(tokens);
        var near = new Visibility(5, 2).Mask(arange(tokens), arange(tokens));
        var got = MemoryAttention.Forward(q, k, v, near, read, weight, sharpness);
        var terms = (q.unflatten(2, 2, 2).permute(0, 2, 3, 1, 4).matmul(k.permute(0, 2, 3, 1).unsqueeze(2)) / Math.Sqrt(q.shape[3])).exp() * near.to(float64);
        var (memory, e) = (read.unflatten(2, 2, 2).permute(0, 2, 3, 1, 4), weight.unflatten(2, 2, 2).permute(0, 2, 3, 1).unsqueeze(-1).exp());
        var there = memory.narrow(-1, 3, 1).relu();
        if (sharpness > 1)
            e *= (there + 1e-6).pow(sharpness - 1);
        var above = terms.matmul(v.permute(0, 2, 1, 3).unsqueeze(2)) + (e * memory.narrow(-1, 0, 3));
        var plain = (above / (terms.sum(-1, keepdim: true) + (e * there))).permute(0, 3, 1, 2, 4).flatten(2, 3);
        TensorAssert.Close(got, plain);
        Tensor[] leaves = [q, k, v, read, weight];
        var direction = randn(got.shape, float64, generator: new Generator(9));
        var expected = autograd.grad([(plain * direction).sum()], leaves);
        foreach (var (i, gradient) in autograd.grad([(got * direction).sum()], leaves).Index())
            TensorAssert.Close(gradient, expected[i], name: $"gradient {i}");
    }

    [Fact]
    public void Any_scores_and_weights_stay_finite()
    {
        using var scope = NewDisposeScope();
        var (q, k, v, read, weight) = Input(9);
        var near = new Visibility(5).Mask(arange(9), arange(9));
        foreach (var sharpness in new[] { 1, 3.0 })
            foreach (var (scores, memory) in new[] { (1e3, 1e4), (1e3, -1e4), (0, 1e4), (0, -1e4) })
                Assert.True(MemoryAttention.Forward(q * scores, k, v, near, read, weight * memory, sharpness).isfinite().all().item<bool>());
        Assert.Throws<OpsException>(() => MemoryAttention.Forward(q, k, v, near, read.narrow(3, 0, 3), weight));
    }

    private static (Tensor Q, Tensor K, Tensor V, Tensor Read, Tensor Weight) Input(int tokens)
    {
        using var generator = new Generator(2);
        Tensor Random(params long[] size) => randn(size, float64, generator: generator).requires_grad_();
        return (Random(2, tokens, 4, 6), Random(2, tokens, 2, 6), Random(2, tokens, 2, 3), Random(2, tokens, 4, 4), Random(2, tokens, 4));
    }
}
