using Liger.Testing;

namespace Liger.Ops.Tests;

public class CausalAttentionTests : PlacedTests
{
    /// <summary>In float64, wherever it is.</summary>
    public override bool Take(ScalarType dtype) => dtype == float32;

    public static TheoryData<long, bool> Cases()
    {
        var data = new TheoryData<long, bool>();
        foreach (var tokens in new long[] { 1, 7, 31, 32, 33, 64, 127, 131 })
            foreach (var packed in new[] { false, true })
                data.Add(tokens, packed);
        return data;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Blocks_equal_the_masked_form_with_all_gradients(long tokens, bool packed)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(7);
        Tensor Random(params long[] shape) => randn(shape, float64, generator: generator).to(On.Device).requires_grad_();
        var (q, k, v) = (Random(2, tokens, 6, 5), Random(2, tokens, 2, 5), Random(2, tokens, 2, 4));
        var weight = Random(2, tokens, 6, 4).detach();
        var positions = arange(tokens, device: On.Device);
        var documents = packed ? Packed.Documents(2, tokens).to(On.Device) : null;
        var mask = new Visibility().Mask(positions, positions, documents, documents);

        List<Tensor> Run(bool blocks)
        {
            var output = blocks ? CausalAttention.Forward(q, k, v, packed ? mask : null) : SoftmaxAttention.Forward(q, k, v, mask);
            return [output, .. autograd.grad([(output * weight).sum()], [q, k, v])];
        }

        foreach (var ((fast, slow), name) in Run(true).Zip(Run(false)).Zip(["output", "dq", "dk", "dv"]))
            TensorAssert.Close(fast, slow, name: name);
    }

    [Fact]
    public void Queries_and_keys_are_the_same_tokens()
    {
        using var scope = NewDisposeScope();
        var error = Assert.Throws<OpsException>(() => CausalAttention.Forward(ones(1, 4, 2, 8), ones(1, 5, 2, 8), ones(1, 5, 2, 8)));
        Assert.Contains("expected 4 tokens", error.Message);
    }
}
