using Liger.Testing;

namespace Liger.Ops.Tests;

public class GatedSlotAttentionTests
{
    [Theory]
    [InlineData(1, false)]
    [InlineData(65, false)]
    [InlineData(150, true)]
    public void Chunked_equals_naive_with_all_gradients(long tokens, bool packed)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(11);
        Tensor Random(params long[] shape) => randn(shape, float64, generator: generator).requires_grad_();
        var (q, k, v, raw) = (Random(2, tokens, 4, 6), Random(2, tokens, 2, 6), Random(2, tokens, 2, 8), Random(2, tokens, 2, 3));
        var documents = packed ? Packed.Documents(2, tokens) : null;
        var weight = randn([2, tokens, 4, 8], float64, generator: generator);

        List<Tensor> Run(bool chunked)
        {
            var g = nn.functional.logsigmoid(raw);
            var (output, _) = chunked ? GatedSlotAttention.Chunked(q, k, v, g, documents: documents) : GatedSlotAttention.Naive(q, k, v, g, documents: documents);
            return [output, .. autograd.grad([(output * weight).sum()], [q, k, v, raw])];
        }

        foreach (var ((fast, slow), name) in Run(true).Zip(Run(false)).Zip(["output", "dq", "dk", "dv", "dg"]))
            TensorAssert.Close(fast, slow, 1e-9, name);
    }

    [Fact]
    public void Steps_equal_the_parallel_form()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(12);
        Tensor Random(params long[] shape) => randn(shape, generator: generator);
        var (q, k, v) = (Random(2, 30, 4, 6), Random(2, 30, 2, 6), Random(2, 30, 2, 8));
        var g = nn.functional.logsigmoid(Random(2, 30, 2, 3));
        var whole = GatedSlotAttention.Chunked(q, k, v, g).Output;
        var state = new GatedSlotAttention.SlotState(zeros(2, 2, 6, 3), zeros(2, 2, 3, 8));
        var parts = Enumerable.Range(0, 30).Select(t => GatedSlotAttention.Step(q.narrow(1, t, 1), k.narrow(1, t, 1), v.narrow(1, t, 1), g.narrow(1, t, 1), state)).ToArray();
        TensorAssert.Close(cat(parts, 1), whole);
    }
}
