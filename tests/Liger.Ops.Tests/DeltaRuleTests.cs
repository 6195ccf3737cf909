using Liger.Testing;

namespace Liger.Ops.Tests;

/// <summary>The delta rule and its general form: chunked and single steps against the naive form, with all gradients.</summary>
public class DeltaRuleTests
{
    public static TheoryData<long, double, bool, bool> Cases()
    {
        var data = new TheoryData<long, double, bool, bool>();
        foreach (var tokens in new long[] { 1, 3, 15, 63, 64, 65, 150 })
            foreach (var strength in new[] { 0.05, 30 })
                foreach (var packed in new[] { false, true })
                    foreach (var general in new[] { false, true })
                        data.Add(tokens, strength, packed, general);
        return data;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Chunked_equals_naive_with_all_gradients(long tokens, double strength, bool packed, bool general)
    {
        using var scope = NewDisposeScope();
        var inputs = new Inputs(2, tokens, strength, general);
        var documents = packed ? Packed.Documents(2, tokens) : null;
        List<Tensor> Run(bool chunked)
        {
            var (output, last) = inputs.Run(chunked, documents);
            return [output, last, .. autograd.grad([(output * inputs.OutWeight).sum() + (last * inputs.StateWeight).sum()], inputs.Leaves)];
        }

        string[] names = ["output", "state", "dq", "dk", "dv", "dg", "dbeta", "dstate"];
        foreach (var ((fast, slow), name) in Run(true).Zip(Run(false)).Zip(names))
            TensorAssert.Close(fast, slow, 1e-9, name);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Any_split_with_carried_state_and_single_steps_equal_the_whole(bool general)
    {
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        var inputs = new Inputs(2, 90, 0.5, general);
        var (whole, end) = inputs.Run(true, null);
        var (head, state) = inputs.Part(0, 37).Run(true, null);
        var parts = new List<Tensor> { head };
        for (var t = 37; t < 90; t++)
            parts.Add(inputs.Part(t, 1).Step(state));
        TensorAssert.Close(cat(parts, 1), whole);
        TensorAssert.Close(state, end);
    }

    [Fact]
    public void Equal_keys_stay_exact_in_fp32()
    {
        // (I + A)⁻¹ has entries of at most 1 here, but a power series for it would pass through numbers of 10¹⁸.
        using var scope = NewDisposeScope();
        var k = full([1, 64, 1, 8], 1 / Math.Sqrt(8), float32);
        var (v, none, one) = (randn(1, 64, 1, 8), zeros([1, 64, 1, 1]), ones([1, 64, 1, 1]));
        TensorAssert.Close(DeltaRule.Chunked(k, k, v, none, one).Output, v);
    }

    [Fact]
    public void A_wrong_shape_names_its_argument()
    {
        using var scope = NewDisposeScope();
        var (x, one) = (ones(1, 4, 2, 8), ones(1, 4, 2, 1));
        Assert.Contains("beta — expected [1,4,2,1], got [1,4,2,8]", Assert.Throws<OpsException>(() => DeltaRule.Chunked(x, x, x, one, x)).Message);
        Assert.Contains("b — expected [1,4,2,8], got [1,4,2,1]", Assert.Throws<OpsException>(() => GeneralizedDeltaRule.Step(x, x, x, x, x, one, x)).Message);
    }

    private sealed class Inputs
    {
        private readonly bool general;
        private readonly double strength;
        private readonly Tensor q, k, v, raw, beta, state;

        internal Inputs(long batch, long tokens, double strength, bool general)
        {
            const long heads = 6, kvHeads = 2, keyDim = 5, valueDim = 7;
            (this.general, this.strength) = (general, strength);
            using var generator = new Generator((ulong)tokens);
            Tensor Random(params long[] shape) => randn(shape, float64, generator: generator).requires_grad_();
            var gates = general ? keyDim : 1;
            (q, k, v) = (Random(batch, tokens, heads, keyDim), Random(batch, tokens, kvHeads, keyDim), Random(batch, tokens, kvHeads, valueDim));
            (raw, beta, state) = (Random(batch, tokens, kvHeads, gates), Random(batch, tokens, kvHeads, gates), Random(batch, kvHeads, keyDim, valueDim));
            (OutWeight, StateWeight) = (Random(batch, tokens, heads, valueDim).detach(), Random(batch, kvHeads, keyDim, valueDim).detach());
        }

        private Inputs(Inputs of, long from, long count)
        {
            (general, strength, state) = (of.general, of.strength, of.state);
            Tensor Cut(Tensor x) => x.narrow(1, from, count);
            (q, k, v, raw, beta) = (Cut(of.q), Cut(of.k), Cut(of.v), Cut(of.raw), Cut(of.beta));
            (OutWeight, StateWeight) = (of.OutWeight, of.StateWeight);
        }

        internal Tensor OutWeight { get; }

        internal Tensor StateWeight { get; }

        internal Tensor[] Leaves => [q, k, v, raw, beta, state];

        internal Inputs Part(long from, long count) => new(this, from, count);

        internal (Tensor Output, Tensor State) Run(bool chunked, Tensor? documents)
        {
            var (keys, g, share) = Features();
            return general
                ? chunked ? GeneralizedDeltaRule.Chunked(q, k, v, g, keys * -share, keys, state, documents) : GeneralizedDeltaRule.Naive(q, k, v, g, keys * -share, keys, state, documents)
                : chunked ? DeltaRule.Chunked(q, keys, v, g, share, state, documents) : DeltaRule.Naive(q, keys, v, g, share, state, documents);
        }

        internal Tensor Step(Tensor of)
        {
            var (keys, g, share) = Features();
            return general ? GeneralizedDeltaRule.Step(q, k, v, g, keys * -share, keys, of) : DeltaRule.Step(q, keys, v, g, share, of);
        }

        private (Tensor Keys, Tensor G, Tensor Share) Features() =>
            (k * k.square().sum(-1, keepdim: true).rsqrt(), -raw.square() * strength, beta.sigmoid());
    }
}
