namespace Liger.Models.Mixers;

/// <summary>
/// RWKV-6 with the gate of Liger: decay exp(−exp(k))^(1/τ) for each key channel, S_t = diag(w_t) S_{t−1} + φ(k_t) v_tᵀ, o_t = S_tᵀ φ(q_t),
/// φ = softmax_D. Differs: the bonus u for the current token is learned in RWKV-6 and left out here, so a token meets the state that already
/// holds it; token shifts and the norm after are left out too.
/// </summary>
[TokenMixer("rwkv6", "RWKV-6's recurrence, gate exp(−exp(k)) a key channel, no bonus", "Lan et al. 2025, arXiv 2503.01496, table 1; Peng et al. 2024, arXiv 2404.05892",
    Formula = "S_t = diag(exp(−exp(k_t))^(1/τ)) S_{t−1} + φ(k_t) v_tᵀ, o_t = S_tᵀ φ(q_t)")]
public sealed class Rwkv6Mixer(
    UndividedGateOptions gate, GateShapeOptions gateShape, FeatureMapOptions map, RotaryOptions rotary, NormalizerOptions normalizer, MixerShape shape)
    : LinearAttentionMixer(map, rotary, normalizer, shape)
{
    /// <summary>e to this is a log-decay that leaves nothing in any precision; more would overflow.</summary>
    private const double LargestLogit = 10;

    private readonly Gate gate = new("rwkv6", gate, gateShape.GateShape, shape, x => x.clamp_max(LargestLogit).exp().neg());

    /// <inheritdoc/>
    private protected override Gate? DecayGate => gate;
}
