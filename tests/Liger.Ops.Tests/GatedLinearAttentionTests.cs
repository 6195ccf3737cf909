using Liger.Testing;

namespace Liger.Ops.Tests;

public class GatedLinearAttentionTests
{
    public static TheoryData<long, DecaySide, bool, double, bool> Cases()
    {
        var data = new TheoryData<long, DecaySide, bool, double, bool>();
        foreach (var (side, scalar) in new[] { (DecaySide.Key, false), (DecaySide.Key, true), (DecaySide.Value, false) })
            foreach (var tokens in new long[] { 1, 3, 15, 63, 64, 65, 130, 200 })
                foreach (var strength in new[] { 0.05, 30 })
                    foreach (var packed in new[] { false, true })
                        data.Add(tokens, side, scalar, strength, packed);
        return data;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Chunked_equals_naive_with_all_gradients(long tokens, DecaySide side, bool scalar, double strength, bool packed)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator((ulong)tokens);
        const long batch = 2, heads = 6, kvHeads = 2, keyDim = 5, valueDim = 7;
        Tensor Random(params long[] shape) => randn(shape, float64, generator: generator).requires_grad_();
        var (q, k, v) = (Random(batch, tokens, heads, keyDim), Random(batch, tokens, kvHeads, keyDim), Random(batch, tokens, kvHeads, valueDim));
        var raw = Random(batch, tokens, kvHeads, scalar ? 1 : side == DecaySide.Key ? keyDim : valueDim);
        var state = Random(batch, kvHeads, keyDim, valueDim);
        var documents = packed ? Packed.Documents(batch, tokens) : null;
        var (outWeight, stateWeight) = (randn(batch, tokens, heads, valueDim, float64, generator: generator), randn(batch, kvHeads, keyDim, valueDim, float64, generator: generator));

        List<Tensor> Run(bool chunked)
        {
            var g = -raw.square() * strength;
            var (output, last) = chunked
                ? GatedLinearAttention.Chunked(q, k, v, g, side, state, documents)
                : GatedLinearAttention.Naive(q, k, v, g, side, state, documents);
            var grads = autograd.grad([(output * outWeight).sum() + (last * stateWeight).sum()], [q, k, v, raw, state]);
            return [output, last, .. grads];
        }

        string[] names = ["output", "state", "dq", "dk", "dv", "dg", "dstate"];
        foreach (var ((fast, slow), name) in Run(true).Zip(Run(false)).Zip(names))
            TensorAssert.Close(fast, slow, 1e-9, name);
    }

    [Theory]
    [InlineData(DecaySide.Key)]
    [InlineData(DecaySide.Value)]
    public void Any_split_with_carried_state_and_single_steps_equal_the_whole(DecaySide side)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(5);
        const long tokens = 90;
        Tensor Random(params long[] shape) => randn(shape, generator: generator);
        var (q, k, v) = (Random(1, tokens, 4, 8), Random(1, tokens, 2, 8), Random(1, tokens, 2, 8));
        var g = -Random(1, tokens, 2, 8).abs();
        var (whole, end) = GatedLinearAttention.Chunked(q, k, v, g, side);
        Tensor Part(Tensor x, long from, long length) => x.narrow(1, from, length);

        var (head, state) = GatedLinearAttention.Chunked(Part(q, 0, 37), Part(k, 0, 37), Part(v, 0, 37), Part(g, 0, 37), side);
        var parts = new List<Tensor> { head };
        for (var t = 37; t < tokens; t++)
            parts.Add(GatedLinearAttention.Step(Part(q, t, 1), Part(k, t, 1), Part(v, t, 1), Part(g, t, 1), state, side));
        TensorAssert.Close(cat(parts, 1), whole);
        TensorAssert.Close(state, end);
    }

    [Fact]
    public void Grouped_heads_equal_repeated_heads()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(3);
        var q = randn([1, 20, 6, 4], float64, generator: generator);
        Tensor Random() => randn([1, 20, 2, 4], float64, generator: generator);
        var (k, v, g) = (Random(), Random(), -Random().abs());
        Tensor Repeat(Tensor x) => x.repeat_interleave(3, 2);
        TensorAssert.Close(
            GatedLinearAttention.Chunked(q, k, v, g).Output,
            GatedLinearAttention.Naive(q, Repeat(k), Repeat(v), Repeat(g)).Output);
    }

    [Fact]
    public void Gates_that_forget_everything_stay_finite_in_bf16()
    {
        using var scope = NewDisposeScope();
        var x = randn(1, 100, 2, 8).to(bfloat16).requires_grad_();
        var g = full([1, 100, 2, 8], -1e4, bfloat16);
        var output = GatedLinearAttention.Chunked(x, x, x, g).Output;
        output.sum().backward();
        Assert.True(output.isfinite().all().item<bool>());
        Assert.True(x.grad!.isfinite().all().item<bool>());
    }

    [Fact]
    public void A_wrong_shape_names_its_argument()
    {
        using var scope = NewDisposeScope();
        var x = ones(1, 4, 2, 8);
        var error = Assert.Throws<OpsException>(() => GatedLinearAttention.Chunked(x, x, x, ones(1, 4, 2, 7)));
        Assert.Contains("g — expected [1,4,2,8], got [1,4,2,7]", error.Message);
        Assert.Contains("q — expected a multiple of 2 heads", Assert.Throws<OpsException>(() => GatedLinearAttention.Naive(ones(1, 4, 3, 8), x, x, x)).Message);
    }
}
