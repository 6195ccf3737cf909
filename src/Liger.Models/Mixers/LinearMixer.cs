namespace Liger.Models.Mixers;

/// <summary>
/// Linear attention that forgets nothing: S_t = S_{t−1} + φ(k_t) v_tᵀ, o_t = S_tᵀ φ(q_t), φ = softmax_D: the ablation "no gate" of Liger.
/// Differs: Katharopoulos et al. have φ = elu + 1 and a denominator, here options.
/// </summary>
[TokenMixer("linear", "linear attention without a gate", "Katharopoulos et al. 2020, arXiv 2006.16236; Lan et al. 2025, arXiv 2503.01496, table 6",
    Formula = "S_t = S_{t−1} + φ(k_t) v_tᵀ, o_t = S_tᵀ φ(q_t)")]
public sealed class LinearMixer(FeatureMapOptions map, RotaryOptions rotary, NormalizerOptions normalizer, MixerShape shape)
    : LinearAttentionMixer(map, rotary, normalizer, shape);
