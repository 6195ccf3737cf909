using Liger.Ops.Cuda;

namespace Liger.Models.Mixers;

/// <summary>
/// Gated linear attention with the gate of Liger: q̂ = softmax_D(q), k̂ = softmax_D(k), log-decay log σ(k)/τ for each key channel.
/// Differs: feature maps and gates are computed in fp32, where the published code computes them in the model's dtype.
/// </summary>
[TokenMixer("gla", "gated linear attention, gate σ(k)^(1/τ) a key channel", "Lan et al. 2025, arXiv 2503.01496, table 1; Yang et al. 2024, arXiv 2312.06635",
    Formula = "S_t = diag(σ(k_t)^(1/τ)) S_{t−1} + φ(k_t) v_tᵀ, o_t = S_tᵀ φ(q_t)")]
public sealed class GlaMixer(GateOptions gate, GateShapeOptions gateShape, FeatureMapOptions map, RotaryOptions rotary, NormalizerOptions normalizer, MixerShape shape)
    : LinearAttentionMixer(map, rotary, normalizer, shape)
{
    private readonly Gate gate = new("gla", gate, gateShape.GateShape, shape, Gate.LogSigmoid);

    /// <inheritdoc/>
    internal override KeyGatedRecurrence? KeyGated =>
        IsPlain && gateShape.GateShape == GateShape.Channel && gate.KeyDivisor is { } divisor ? new(divisor, Complementary: false) : null;

    /// <inheritdoc/>
    private protected override Gate? DecayGate => gate;
}
