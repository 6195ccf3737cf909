using Liger.Ops.Cuda;

namespace Liger.Models.Mixers;

/// <summary>
/// HGRN2 with the gate of Liger: decay f = β + (1 − β) σ(k)^(1/τ) for each key channel, keys 1 − f, queries softmax_D(q). Computed in fp32.
/// The published Liger model has τ = 1 and no lower bound β.
/// </summary>
[TokenMixer("hgrn2", "gated recurrence with state expansion, gate σ(k), keys 1 − σ(k)", "Lan et al. 2025, arXiv 2503.01496, table 1; Qin et al. 2024, arXiv 2404.07904",
    Formula = "f_t = σ(k_t)^(1/τ), S_t = diag(f_t) S_{t−1} + (1 − f_t) v_tᵀ, o_t = S_tᵀ φ(q_t)")]
public sealed class Hgrn2Mixer(UndividedGateOptions gate, FeatureMapOptions map, NormalizerOptions normalizer, MixerShape shape)
    : LinearAttentionMixer(map, null, normalizer, shape)
{
    private readonly Gate gate = new("hgrn2", gate, GateShape.Channel, shape, Gate.LogSigmoid);

    /// <inheritdoc/>
    internal override KeyGatedRecurrence? KeyGated => IsPlain && gate.KeyDivisor is { } divisor ? new(divisor, Complementary: true) : null;

    /// <inheritdoc/>
    private protected override Gate? DecayGate => gate;

    /// <inheritdoc/>
    protected override Tensor? LogDecay(MixerInput input) => gate.LogDecay(input).expand(input.Keys.shape);

    /// <inheritdoc/>
    protected override Tensor Keys(MixerInput input, Tensor? logDecay) => logDecay!.expm1().neg();
}
