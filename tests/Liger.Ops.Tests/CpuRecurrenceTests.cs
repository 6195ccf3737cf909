using Liger.Testing;

namespace Liger.Ops.Tests;

/// <summary>The form that runs in fp32 on the CPU against the naive form in float64, with all gradients.</summary>
public class CpuRecurrenceTests
{
    public enum Kind
    {
        Channels,
        Scalar,
        Columns,
        ColumnScalar,
        Delta,
        General,
    }

    public static TheoryData<Kind, long, long, long, double, bool> Cases()
    {
        var data = new TheoryData<Kind, long, long, long, double, bool>();
        foreach (var kind in Enum.GetValues<Kind>())
            foreach (var (tokens, keys, values) in new (long, long, long)[] { (1, 5, 7), (3, 5, 7), (64, 5, 7), (65, 3, 17), (65, 16, 64), (130, 5, 7) })
                foreach (var (strength, packed) in new[] { (0.05, false), (30, true) })
                    data.Add(kind, tokens, keys, values, strength, packed);
        return data;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Equals_naive_with_all_gradients(Kind kind, long tokens, long keys, long values, double strength, bool packed)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator((ulong)tokens);
        const long batch = 2, heads = 6, kvHeads = 2;
        // Heads of about norm 1, so that products are of order 1.
        Tensor Random(params long[] shape) => randn(shape, float32, generator: generator) / Math.Sqrt(shape[^1]);
        var gates = kind switch { Kind.Channels or Kind.General => keys, Kind.Columns => values, _ => 1 };
        Tensor[] inputs =
        [
            Random(batch, tokens, heads, keys), Random(batch, tokens, kvHeads, keys), Random(batch, tokens, kvHeads, values), Random(batch, tokens, kvHeads, gates),
            Random(batch, tokens, kvHeads, kind == Kind.General ? keys : 1), Random(batch, kvHeads, keys, values),
        ];
        var documents = packed ? Packed.Documents(batch, tokens) : null;
        var (outWeight, stateWeight) = (Random(batch, tokens, heads, values), Random(batch, kvHeads, keys, values));

        List<Tensor> Run(ScalarType type, bool fast)
        {
            Tensor[] leaves = [.. inputs.Select(x => x.to(type, copy: true).requires_grad_())];
            var (output, last) = Recurrence(kind, leaves, strength, documents, fast);
            return [output, last, .. autograd.grad([(output * outWeight.to(type)).sum() + (last * stateWeight.to(type)).sum()], leaves, allow_unused: true)];
        }

        string[] names = ["output", "state", "dq", "dk", "dv", "dg", "dbeta", "dstate"];
        foreach (var ((fast, slow), name) in Run(float32, true).Zip(Run(float64, false)).Zip(names))
            if (slow is not null)
                TensorAssert.Close(fast, slow.to(float32), name: name);
    }

    [Theory]
    [InlineData(Kind.Channels)]
    [InlineData(Kind.General)]
    public void Gradients_reach_only_what_asks_for_them(Kind kind)
    {
        using var scope = NewDisposeScope();
        Tensor Random(long heads, long width) => randn(1, 70, heads, width);
        Tensor[] inputs = [Random(4, 8), Random(2, 8), Random(2, 8).requires_grad_(), Random(2, 8), Random(2, 8), zeros(1, 2, 8, 8)];
        var (output, _) = Recurrence(kind, inputs, 1, null, true);
        Assert.NotNull(autograd.grad([output.sum()], [inputs[2]])[0]);
        using var mode = no_grad();
        Assert.False(Recurrence(kind, inputs, 1, null, true).Output.requires_grad);
    }

    private static (Tensor Output, Tensor State) Recurrence(Kind kind, Tensor[] of, double strength, Tensor? documents, bool fast)
    {
        var (q, k, v, state) = (of[0], of[1], of[2], of[5]);
        var g = -of[3].square() * (strength * of[3].shape[^1]);
        var unit = k * (k.square().sum(-1, keepdim: true) + 1e-6).rsqrt();
        var beta = of[4].sigmoid();
        var side = kind is Kind.Columns or Kind.ColumnScalar ? DecaySide.Value : DecaySide.Key;
        return (kind, fast) switch
        {
            (Kind.Delta, true) => DeltaRule.Forward(q, unit, v, g, beta, state, documents),
            (Kind.Delta, false) => DeltaRule.Naive(q, unit, v, g, beta, state, documents),
            (Kind.General, true) => GeneralizedDeltaRule.Forward(q, k, v, g, unit * -beta, unit, state, documents),
            (Kind.General, false) => GeneralizedDeltaRule.Naive(q, k, v, g, unit * -beta, unit, state, documents),
            (_, true) => GatedLinearAttention.Forward(q, k, v, g, side, state, documents),
            _ => GatedLinearAttention.Naive(q, k, v, g, side, state, documents),
        };
    }
}
