namespace Liger.Models.Mixers;

/// <summary>What a recurrence works with: projections after feature maps and gates, in fp32 (float64 stays).</summary>
/// <param name="Queries">[B,T,H,K].</param>
/// <param name="Keys">[B,T,Hkv,K]: what is written.</param>
/// <param name="Values">[B,T,Hkv,V].</param>
/// <param name="LogDecay">[B,T,Hkv,K] or [B,T,Hkv,1], at most 0; null: nothing is forgotten.</param>
/// <param name="Strength">[B,T,Hkv,·]: how strongly a delta rule replaces, at least 0.</param>
public sealed record RecurrentTerms(Tensor Queries, Tensor Keys, Tensor Values, Tensor? LogDecay = null, Tensor? Strength = null)
{
    /// <summary>Whether the model computes in bf16: kernels may take the terms rounded to it.</summary>
    internal bool Narrow { get; init; }

    /// <summary>The same, with nothing written and nothing forgotten where a mask is 0.</summary>
    /// <param name="mask">[B,T,1,1], 0 or 1.</param>
    internal RecurrentTerms Masked(Tensor mask) =>
        this with { Keys = Keys * mask, Values = Values * mask, LogDecay = LogDecay?.mul(mask), Strength = Strength?.mul(mask) };
}
