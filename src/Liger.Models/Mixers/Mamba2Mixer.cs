namespace Liger.Models.Mixers;

/// <summary>
/// Mamba-2 with the gate of Liger: one decay exp(−softplus(mean_D(k)))^(1/τ) a kv head and token, S_t = f_t S_{t−1} + φ(k_t) v_tᵀ, o_t = S_tᵀ φ(q_t),
/// φ = softmax_D. Differs: Mamba-2 learns the rate A and the step Δ, writes Δ k vᵀ, and has a convolution, a skip and a norm.
/// </summary>
[TokenMixer("mamba2", "state space duality, one gate exp(−softplus(mean(k))) a kv head", "Lan et al. 2025, arXiv 2503.01496, table 1; Dao and Gu 2024, arXiv 2405.21060",
    Formula = "S_t = exp(−softplus(mean(k_t)))^(1/τ) S_{t−1} + φ(k_t) v_tᵀ, o_t = S_tᵀ φ(q_t)")]
public sealed class Mamba2Mixer(
    UndividedGateOptions gate, ScalarGateShapeOptions gateShape, FeatureMapOptions map, RotaryOptions rotary, NormalizerOptions normalizer, MixerShape shape)
    : LinearAttentionMixer(map, rotary, normalizer, shape)
{
    private readonly Gate gate = new("mamba2", gate, gateShape.GateShape, shape, x => x.softplus().neg());

    /// <inheritdoc/>
    private protected override Gate? DecayGate => gate;
}
