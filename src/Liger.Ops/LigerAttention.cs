using Liger.Ops.Cuda;

namespace Liger.Ops;

/// <summary>Where features and log-decays of a recurrence come from.</summary>
public enum RecurrenceGate
{
    /// <summary>q̂ = softmax(q), k̂ = softmax(k), g = log σ(k) / τ.</summary>
    Gla,

    /// <summary>q̂ = softmax(q), k̂ = 1 − σ(k), g = log σ(k).</summary>
    Hgrn2,

    /// <summary>q̂ = q, k̂ = k, g given.</summary>
    Given,
}

/// <summary>The window's side of <see cref="LigerAttention"/>.</summary>
/// <param name="Visibility">Window and sinks.</param>
/// <param name="Cos">[T,D/2] or [B,T,D/2], in the dtype of the queries.</param>
/// <param name="Sin">As Cos.</param>
/// <param name="Weight">Its share of the output.</param>
public sealed record WindowBranch(Visibility Visibility, Tensor Cos, Tensor Sin, double Weight = 1);

/// <summary>The recurrence's side of <see cref="LigerAttention"/>.</summary>
/// <param name="Gate">Feature maps and log-decays.</param>
/// <param name="Divisor">τ; 1 unless the gate is GLA's.</param>
/// <param name="Weight">Its share of the output.</param>
/// <param name="LogDecay">[B,T,Hkv,D] or [B,T,Hkv,1], fp32, for <see cref="RecurrenceGate.Given"/>; not multiplied by Divisor.</param>
/// <param name="Initial">[B,Hkv,D,D] in fp32 before the first token; null is zero.</param>
public sealed record RecurrenceBranch(RecurrenceGate Gate, double Divisor = 1, double Weight = 1, Tensor? LogDecay = null, Tensor? Initial = null);

/// <summary>
/// Liger attention as one operation over projections as they are (Lan et al. 2025, arXiv 2503.01496, eq. 10): weight · window attention with
/// rotary embedding + weight · gated recurrence without, either of them alone too. Feature maps and gates are part of it; heads are not
/// repeated. <see cref="Plain"/> is <see cref="WindowAttention"/> and <see cref="GatedLinearAttention"/> put together; on a GPU, bf16 heads of 64 or 128 channels take
/// kernels (Cuda/window_attention.cu, Cuda/gated_linear_attention.cu).
/// </summary>
public static class LigerAttention
{
    /// <summary>Above it softplus is the identity, in any precision.</summary>
    private const double SoftplusLinear = 50;

    /// <summary>Whether <see cref="Forward"/> has kernels for these tensors.</summary>
    /// <param name="q">[B,T,H,D].</param>
    /// <param name="k">[B,T,Hkv,D].</param>
    /// <param name="v">[B,T,Hkv,D].</param>
    /// <param name="window">Null: no window.</param>
    /// <param name="documents">Null: every row is one document.</param>
    public static bool HasKernels(Tensor q, Tensor k, Tensor v, WindowBranch? window, Tensor? documents) =>
        AttentionKernels.Serve(q, k, v)
        && (window is null || (window.Visibility.Window is not null && window.Cos.dtype == q.dtype && (documents is null || window.Visibility.Sinks == 0)));

    /// <summary>The fastest form for the tensors at hand.</summary>
    /// <param name="q">[B,T,H,D].</param>
    /// <param name="k">[B,T,Hkv,D]; Hkv divides H.</param>
    /// <param name="v">[B,T,Hkv,D].</param>
    /// <param name="window">Null: only the recurrence.</param>
    /// <param name="recurrence">Null: only the window.</param>
    /// <param name="documents">[B,T] document numbers; null: every row is one document.</param>
    /// <returns>[B,T,H,D] in the dtype of q, and the recurrence's state after the last token, fp32; null without a recurrence.</returns>
    /// <exception cref="OpsException">Shapes that do not fit together, or neither branch.</exception>
    public static (Tensor Output, Tensor? State) Forward(Tensor q, Tensor k, Tensor v, WindowBranch? window, RecurrenceBranch? recurrence, Tensor? documents = null)
    {
        Check(q, k, v, window, recurrence);
        if (!HasKernels(q, k, v, window, documents))
            return Plain(q, k, v, window, recurrence, documents);
        return LigerAttentionFunction.Apply(q, k, v, window, recurrence, documents);
    }

    /// <summary>The same out of other operations: what the kernels are tested against.</summary>
    public static (Tensor Output, Tensor? State) Plain(Tensor q, Tensor k, Tensor v, WindowBranch? window, RecurrenceBranch? recurrence, Tensor? documents = null)
    {
        Check(q, k, v, window, recurrence);
        Tensor? output = null, state = null;
        if (window is not null)
            output = WindowAttention.Forward(Rotary.Apply(q, window.Cos, window.Sin), Rotary.Apply(k, window.Cos, window.Sin), v, window.Visibility, documents: documents) * window.Weight;
        if (recurrence is not null)
        {
            var type = Shapes.Accumulator(q);
            var (queries, keys) = (q.to(type), k.to(type));
            var decay = recurrence.LogDecay ?? keys.neg().softplus(threshold: SoftplusLinear).neg() / recurrence.Divisor;
            var (far, last) = GatedLinearAttention.Forward(
                recurrence.Gate == RecurrenceGate.Given ? queries : queries.softmax(-1),
                recurrence.Gate switch { RecurrenceGate.Gla => keys.softmax(-1), RecurrenceGate.Hgrn2 => keys.neg().sigmoid(), _ => keys },
                v.to(type), decay, state: recurrence.Initial, documents: documents);
            (far, state) = (far.to(q.dtype) * recurrence.Weight, last);
            output = output is null ? far : output + far;
        }
        return (output!, state);
    }

    private static void Check(Tensor q, Tensor k, Tensor v, WindowBranch? window, RecurrenceBranch? recurrence)
    {
        Shapes.CheckHeads("liger attention", q, k, v);
        if (window is null && recurrence is null)
            throw new OpsException("liger attention: branches — expected a window, a recurrence or both, got neither.");
        if (recurrence is { Gate: RecurrenceGate.Given, LogDecay: null })
            throw new OpsException("liger attention: log-decay — expected one with the gate 'given', got none.");
        if (recurrence is { Gate: not RecurrenceGate.Given, LogDecay: not null })
            throw new OpsException($"liger attention: log-decay — expected none with the gate '{recurrence.Gate}', which makes its own.");
        if (recurrence is { Gate: RecurrenceGate.Hgrn2, Divisor: not 1 })
            throw new OpsException($"liger attention: divisor — expected 1 with the gate of HGRN2, got {recurrence.Divisor}.");
        if (recurrence?.LogDecay is { } decay && decay.shape[^1] != 1)
            Shapes.Check("liger attention", "log-decay", decay, k.shape);
        if (recurrence?.Initial is { } state)
            Shapes.Check("liger attention", "state", state, k.shape[0], k.shape[2], k.shape[3], v.shape[3]);
    }
}
