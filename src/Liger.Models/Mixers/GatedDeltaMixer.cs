namespace Liger.Models.Mixers;

/// <summary>
/// The gated delta rule: S_t = α_t (I − β_t k̂_t k̂_tᵀ) S_{t−1} + β_t k̂_t v_tᵀ with one decay α = σ(mean_D(k))^(1/τ) a kv head and token, the rest as
/// in <see cref="DeltaMixer"/>. Differs: the published gate is e^(−A softplus(·)) of a projection of its own.
/// </summary>
[TokenMixer("gated-delta", "delta rule with one gate σ(mean(k))^(1/τ) a kv head", "Yang et al. 2024, arXiv 2412.06464",
    Formula = "S_t = α_t (I − β_t k̂_t k̂_tᵀ) S_{t−1} + β_t k̂_t v_tᵀ, α_t = σ(mean(k_t))^(1/τ), β_t = σ(mean(k_t)), o_t = S_tᵀ q̂_t")]
public sealed class GatedDeltaMixer(GateOptions gate, DeltaOptions delta, NormMapOptions map, RotaryOptions rotary, MixerShape shape)
    : DeltaRuleMixer(delta, map, rotary, shape)
{
    private readonly Gate gate = new("gated-delta", gate, GateShape.Scalar, shape, Gate.LogSigmoid);

    /// <inheritdoc/>
    private protected override Gate? DecayGate => gate;
}
