using Liger.Testing;

namespace Liger.Ops.Tests;

public class SelectedAttentionTests
{
    [Theory]
    [InlineData(1, 3, 1)]
    [InlineData(33, 3, 1)]
    [InlineData(70, 1, 5)]
    [InlineData(131, 40, 64)]
    public void The_best_so_far_are_the_best_of_all_pairs(long tokens, int most, int window)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(3);
        // Few different scores, so that many are equal; and one that is free.
        var scores = randint(0, 6, [2, 3, tokens], generator: generator).to(float32);
        scores[0, 0, 0].fill_(double.NegativeInfinity);
        foreach (var documents in new[] { null, Packed.Documents(2, tokens) })
        {
            var positions = arange(tokens).unsqueeze(0);
            var near = new Visibility(window, 2).Mask(positions, positions, documents, documents);
            var left = default(Visibility).Mask(positions, positions, documents, documents).logical_and(near.logical_not());
            var whole = SelectedAttention.BestOfPairs(left, scores, most);
            Assert.True(SelectedAttention.Best(left, scores, most).equal(whole));
            // The last queries alone, whose best were so before.
            var last = left.narrow(1, tokens / 2, tokens - (tokens / 2));
            Assert.True(SelectedAttention.Best(last, scores, most).equal(SelectedAttention.BestOfPairs(last, scores, most)));
        }
    }

    [Fact]
    public void A_mask_for_each_kv_head_is_one_of_causal_attention_too_with_all_gradients()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(5);
        const long tokens = 67;
        Tensor Random(params long[] shape) => randn(shape, float64, generator: generator).requires_grad_();
        var (q, k, v) = (Random(2, tokens, 6, 5), Random(2, tokens, 2, 5), Random(2, tokens, 2, 4));
        var weight = randn([2, tokens, 6, 4], float64, generator: generator);
        var visible = rand([2, 2, tokens, tokens], float64, generator: generator).gt(0.5).logical_or(eye(tokens).gt(0)).logical_and(ones(tokens, tokens).tril().gt(0));

        List<Tensor> Run(bool blocks)
        {
            var output = blocks ? CausalAttention.Forward(q, k, v, visible) : SelectedAttention.Forward(q, k.transpose(1, 2), v.transpose(1, 2), visible);
            return [output, .. autograd.grad([(output * weight).sum()], [q, k, v])];
        }

        foreach (var ((fast, slow), name) in Run(true).Zip(Run(false)).Zip(["output", "dq", "dk", "dv"]))
            TensorAssert.Close(fast, slow, name: name);
    }
}
