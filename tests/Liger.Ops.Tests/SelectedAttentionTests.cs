using Liger.Testing;

namespace Liger.Ops.Tests;

public class SelectedAttentionTests : PlacedTests
{
    /// <summary>In the dtypes that the cases name, wherever it is.</summary>
    public override bool Take(ScalarType dtype) => dtype == float32;

    [Theory]
    [InlineData(1, 3, 1)]
    [InlineData(33, 3, 1)]
    [InlineData(70, 1, 5)]
    [InlineData(67, 200, 5)]
    [InlineData(131, 40, 64)]
    public void The_best_so_far_are_the_best_of_all_pairs(long tokens, int most, int window)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(3);
        var (scores, keptScores) = (Scores(generator, 2, 3, tokens), Scores(generator, 2, 3, most));
        foreach (var documents in new[] { null, Packed.Documents(2, tokens).to(On.Device), Padded(tokens) })
        {
            var positions = arange(tokens, device: On.Device).unsqueeze(0);
            var near = new Visibility(window, 2).Mask(positions, positions, documents, documents);
            var left = default(Visibility).Mask(positions, positions, documents, documents).logical_and(near.logical_not());
            Same(left, scores, most);
            // The last queries alone, whose best were so before.
            Same(left.narrow(1, tokens / 2, tokens - (tokens / 2)), scores, most);
            // What was kept before, some of it free, lies in front of what follows, as long as the first document goes on.
            var goesOn = documents is null ? ones([1, tokens], @bool, On.Device) : documents.eq(documents.narrow(1, 0, 1));
            Same(cat([goesOn.unsqueeze(-1).expand(left.shape[0], tokens, most), left], -1), cat([keptScores, scores], -1), most);
        }
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(67, 1)]
    [InlineData(67, 9)]
    [InlineData(67, 100)]
    public void Counting_in_order_serves_whatever_has_left(long keys, int most)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(4);
        var scores = Scores(generator, 2, 3, keys);
        foreach (var rows in new[] { 1, 2 })
        {
            var left = rand([rows, 13, keys], generator: generator).gt(0.4).to(On.Device);
            Assert.True(SelectedAttention.BestInOrder(left, scores, most).equal(SelectedAttention.BestOfPairs(left, scores, most)));
        }
    }

    [Theory]
    [InlineData(67, 5, ScalarType.Float64)]
    [InlineData(1, 8, ScalarType.Float32)]
    [InlineData(67, 8, ScalarType.Float32)]
    [InlineData(131, 64, ScalarType.Float32)]
    [InlineData(131, 64, ScalarType.BFloat16)]
    public void A_mask_for_each_kv_head_is_that_of_the_head_alone_with_all_gradients(long tokens, long dim, ScalarType dtype)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(5);
        Tensor Random(params long[] shape) => randn(shape, float64, generator: generator).to(dtype).to(On.Device);
        Tensor[] leaves = [Random(2, tokens, 6, dim), Random(2, tokens, 2, dim), Random(2, tokens, 2, dim)];
        var weight = Random(2, tokens, 6, dim);
        // Few are visible, so that the first ones of a query often are all hidden.
        var chosen = rand([2, 2, tokens, tokens], generator: generator).gt(0.97).logical_or(eye(tokens).gt(0));
        var visible = chosen.logical_and(ones(tokens, tokens).tril().gt(0)).to(On.Device);

        List<Tensor> Run(ScalarType type, Func<Tensor, Tensor, Tensor, Tensor> form)
        {
            Tensor[] x = [.. leaves.Select(leaf => leaf.to(type).requires_grad_())];
            var output = form(x[0], x[1], x[2]);
            return [output, .. autograd.grad([(output * weight.to(type)).sum()], x)];
        }

        var expected = Run(float64, (q, k, v) => cat(
            [.. Enumerable.Range(0, 2).Select(head => SoftmaxAttention.Forward(q.narrow(2, 3 * head, 3), k.narrow(2, head, 1), v.narrow(2, head, 1), visible.select(1, head)))], 2));
        var forms = new (string Name, Func<Tensor, Tensor, Tensor, Tensor> Form)[]
        {
            ("selected", (q, k, v) => SelectedAttention.Forward(q, k.transpose(1, 2), v.transpose(1, 2), visible)),
            ("causal", (q, k, v) => CausalAttention.Forward(q, k, v, visible)),
        };
        foreach (var (name, form) in forms)
            foreach (var ((actual, wanted), what) in Run(dtype, form).Zip(expected).Zip(["output", "dq", "dk", "dv"]))
                (On with { Dtype = dtype }).Close(actual, wanted.to(dtype), name: $"{name}: {what}");
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 2)]
    [InlineData(2, 1)]
    public void One_mask_may_serve_all_rows_or_heads(long rows, long heads)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(6);
        Tensor Random(params long[] shape) => randn(shape, float64, generator: generator).to(On.Device);
        foreach (var tokens in new long[] { 1, 7 })
        {
            var (q, k, v) = (Random(2, tokens, 6, 5), Random(2, 2, 13, 5), Random(2, 2, 13, 4));
            var visible = rand([rows, heads, tokens, 13], generator: generator).gt(0.5).logical_or(arange(13).eq(3)).to(On.Device);
            var each = SelectedAttention.Forward(q, k, v, visible.expand(2, 2, tokens, 13).clone());
            TensorAssert.Close(SelectedAttention.Forward(q, k, v, visible), each);
            TensorAssert.Close(SelectedAttention.Weights(q, k, visible).sum([-1]), ones([2, 2, 3, tokens], float64, On.Device));
        }
    }

    /// <summary>Few different ones, so that many are equal, and free ones.</summary>
    private Tensor Scores(Generator generator, params long[] shape)
    {
        var scores = randint(0, 6, shape, generator: generator).to(float32);
        return scores.masked_fill(scores.eq(0), double.NegativeInfinity).to(On.Device);
    }

    /// <summary>A row padded on the left, with a document of its own in the rest, and one padded on the right.</summary>
    private Tensor Padded(long tokens)
    {
        var at = arange(tokens);
        return stack([at.ge(tokens / 3).to(int64) - 1, at.lt(tokens - (tokens / 4)).to(int64) - 1]).to(On.Device);
    }

    private static void Same(Tensor left, Tensor scores, int most)
    {
        var whole = SelectedAttention.BestOfPairs(left, scores, most);
        Assert.True(SelectedAttention.Best(left, scores, most).equal(whole), "the form of this device");
        Assert.True(SelectedAttention.BestInOrder(left, scores, most).equal(whole), "in order");
    }
}
