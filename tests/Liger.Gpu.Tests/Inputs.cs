using Liger.Ops;
using Liger.Testing;

namespace Liger.Gpu.Tests;

/// <summary>Random projections in bf16 on the GPU, and both forms of Liger attention over them.</summary>
internal sealed class Inputs
{
    private const double Vanishing = 1e-3;

    private readonly RecurrenceGate gate;
    private readonly Tensor cos, sin, grad, stateGrad;
    private readonly Tensor? documents, initial, decay;

    internal Inputs(long batch, long tokens, long heads, long kvHeads, long dim, RecurrenceGate gate, double spread, bool packed, bool carried)
    {
        this.gate = gate;
        manual_seed(tokens + (1000 * dim) + (long)gate);
        Tensor Random(params long[] shape) => randn(shape, float32, Gpu.Device);
        // Given features are of the size that feature maps leave; raw keys reach ±50 and beyond, where gates saturate.
        var small = gate == RecurrenceGate.Given ? 0.3 : 1;
        Queries = (Random(batch, tokens, heads, dim) * small).to(bfloat16).requires_grad_();
        Keys = (Random(batch, tokens, kvHeads, dim) * (gate == RecurrenceGate.Given ? small : spread)).to(bfloat16).requires_grad_();
        Values = Random(batch, tokens, kvHeads, dim).to(bfloat16).requires_grad_();
        grad = Random(batch, tokens, heads, dim).to(bfloat16);
        stateGrad = Random(batch, kvHeads, dim, dim) * 0.1;
        decay = gate == RecurrenceGate.Given ? (Random(batch, tokens, kvHeads, dim).abs() * -spread).requires_grad_() : null;
        initial = carried ? Random(batch, kvHeads, dim, dim).requires_grad_() : null;
        documents = packed ? Packed.Documents(batch, tokens).to(Gpu.Device) : null;
        (cos, sin) = Rotary.Table(arange(dim / 2, float64, Gpu.Device).mul(-0.2).exp(), arange(tokens, device: Gpu.Device), bfloat16);
    }

    internal Tensor Queries { get; }

    internal Tensor Keys { get; }

    internal Tensor Values { get; }

    private IEnumerable<Tensor> Leaves => new[] { Queries, Keys, Values, decay, initial }.OfType<Tensor>();

    private double Divisor => gate == RecurrenceGate.Gla ? 16 : 1;

    internal (Tensor Output, Tensor? State) Forward(Visibility? window, double share, Tensor? documents) =>
        LigerAttention.Forward(Queries, Keys, Values, Window(window, share, cos, sin), Recurrence(window, share, decay, initial), documents);

    /// <summary>Output, state and all gradients, on the kernels.</summary>
    internal List<Tensor> Results(Visibility? window, double share)
    {
        var (output, state) = Forward(window, share, documents);
        return Gathered(output, state, Leaves, grad, stateGrad);
    }

    /// <summary>Fails unless the kernels give what the plain form gives in float64.</summary>
    internal void CompareBranches(Visibility? window, double share, double tolerance)
    {
        using var scope = NewDisposeScope();
        Assert.True(LigerAttention.HasKernels(Queries, Keys, Values, Window(window, share, cos, sin), documents));
        Tensor? Wide(Tensor? x) => x?.detach().to(float64).requires_grad_();
        var (q, k, v, g, s) = (Wide(Queries)!, Wide(Keys)!, Wide(Values)!, Wide(decay), Wide(initial));
        var (output, state) = LigerAttention.Plain(q, k, v, Window(window, share, cos.to(float64), sin.to(float64)), Recurrence(window, share, g, s), documents);
        var expected = Gathered(output, state, new[] { q, k, v, g, s }.OfType<Tensor>(), grad.to(float64), stateGrad.to(float64));
        var names = new List<string> { "output" };
        if (state is not null)
            names.Add("state");
        names.AddRange(["dq", "dk", "dv"]);
        names.AddRange(new[] { (decay, "dg"), (initial, "dstate") }.Where(p => p.Item1 is not null).Select(p => p.Item2));

        // Gradients behind saturated maps and gates are small differences of large numbers, which dv shows the size of; others may vanish.
        var size = expected[names.IndexOf("dv")].norm().item<double>();
        foreach (var ((got, wanted), name) in Results(window, share).Zip(expected).Zip(names))
        {
            var error = (got.to(float64) - wanted).norm().item<double>();
            var measure = Math.Max(wanted.norm().item<double>(), name is "dk" or "dg" ? size : Vanishing * size);
            Assert.True(error <= tolerance * measure, $"{name}: error {error:G3} of {measure:G3}");
        }
    }

    private static WindowBranch? Window(Visibility? window, double share, Tensor cos, Tensor sin) =>
        window is { } visibility ? new WindowBranch(visibility, cos, sin, 1 - share) : null;

    private RecurrenceBranch? Recurrence(Visibility? window, double share, Tensor? decay, Tensor? initial) =>
        window is not null && share == 0 ? null : new RecurrenceBranch(gate, Divisor, share, decay, initial);

    private static List<Tensor> Gathered(Tensor output, Tensor? state, IEnumerable<Tensor> leaves, Tensor grad, Tensor stateGrad)
    {
        var loss = (output * grad).sum(type: grad.dtype == float64 ? float64 : float32);
        if (state is not null)
            loss += (state * stateGrad).sum();
        var used = leaves.ToList();
        var grads = autograd.grad([loss], used, allow_unused: true);
        List<Tensor> results = [output.detach()];
        if (state is not null)
            results.Add(state.detach());
        return [.. results, .. grads.Zip(used).Select(p => p.First ?? zeros_like(p.Second))];
    }
}
