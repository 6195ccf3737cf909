namespace Liger.Models.Mixers;

/// <summary>
/// Gated retention, the matrix memory of mLSTM without its input gate: one decay σ(mean_D(k))^(1/τ) a kv head and token,
/// S_t = f_t S_{t−1} + φ(k_t) v_tᵀ, o_t = S_tᵀ φ(q_t), φ = softmax_D. Differs: the published gates have projections of their own.
/// </summary>
[TokenMixer("gated-retention", "gated retention and mLSTM's memory, one gate σ(mean(k)) a kv head", "Lan et al. 2025, arXiv 2503.01496, table 1; Sun et al. 2024, arXiv 2405.05254; Beck et al. 2024, arXiv 2405.04517",
    Formula = "S_t = σ(mean(k_t))^(1/τ) S_{t−1} + φ(k_t) v_tᵀ, o_t = S_tᵀ φ(q_t)")]
public sealed class GatedRetentionMixer(
    UndividedGateOptions gate, ScalarGateShapeOptions gateShape, FeatureMapOptions map, RotaryOptions rotary, NormalizerOptions normalizer, MixerShape shape)
    : LinearAttentionMixer(map, rotary, normalizer, shape)
{
    private readonly Gate gate = new("gated-retention", gate, gateShape.GateShape, shape, Gate.LogSigmoid);

    /// <inheritdoc/>
    private protected override Gate? DecayGate => gate;
}
