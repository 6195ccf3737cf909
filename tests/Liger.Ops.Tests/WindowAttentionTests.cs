using Liger.Testing;

namespace Liger.Ops.Tests;

public class WindowAttentionTests
{
    public static TheoryData<long, int, int, bool> Cases()
    {
        var data = new TheoryData<long, int, int, bool>();
        foreach (var (window, sinks) in new[] { (1, 0), (8, 0), (8, 3), (8, 12), (16, 2) })
            foreach (var tokens in new long[] { 1, 7, 8, 9, 17, 24, 33, 65 })
                foreach (var packed in new[] { false, true })
                    data.Add(tokens, window, sinks, packed);
        return data;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Blocks_equal_the_masked_form_with_all_gradients(long tokens, int window, int sinks, bool packed)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(7);
        Tensor Random(params long[] shape) => randn(shape, float64, generator: generator).requires_grad_();
        var (q, k, v) = (Random(2, tokens, 6, 5), Random(2, tokens, 2, 5), Random(2, tokens, 2, 4));
        var weight = randn([2, tokens, 6, 4], float64, generator: generator);
        var documents = packed ? Packed.Documents(2, tokens) : null;
        var positions = packed ? Positions(documents!) : arange(tokens);
        var visibility = new Visibility(window, sinks);

        List<Tensor> Run(bool blocks)
        {
            var output = blocks
                ? WindowAttention.Forward(q, k, v, visibility, positions, documents)
                : SoftmaxAttention.Forward(q, k, v, visibility.Mask(positions, positions, documents, documents));
            return [output, .. autograd.grad([(output * weight).sum()], [q, k, v])];
        }

        foreach (var ((fast, slow), name) in Run(true).Zip(Run(false)).Zip(["output", "dq", "dk", "dv"]))
            TensorAssert.Close(fast, slow, name: name);
    }

    [Fact]
    public void The_mask_counts_the_current_token_and_keeps_sinks()
    {
        using var scope = NewDisposeScope();
        var positions = arange(6);
        var mask = new Visibility(2, 1).Mask(positions, positions).to(int64);
        Assert.Equal([1, 0, 0, 0, 0, 0], mask[0].data<long>().ToArray());
        Assert.Equal([1, 0, 0, 0, 1, 1], mask[5].data<long>().ToArray());
    }

    [Fact]
    public void A_window_is_required()
    {
        using var scope = NewDisposeScope();
        var x = ones(1, 4, 2, 8);
        Assert.Throws<OpsException>(() => WindowAttention.Forward(x, x, x, new Visibility(0)));
    }

    private static Tensor Positions(Tensor documents)
    {
        long batch = documents.shape[0], tokens = documents.shape[1];
        var ids = documents.data<long>().ToArray();
        var positions = new long[ids.Length];
        for (var i = 0; i < ids.Length; i++)
            positions[i] = i % tokens > 0 && ids[i] == ids[i - 1] ? positions[i - 1] + 1 : 0;
        return tensor(positions, [batch, tokens]);
    }
}
