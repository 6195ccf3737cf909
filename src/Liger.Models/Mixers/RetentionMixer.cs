namespace Liger.Models.Mixers;

/// <summary>
/// Retention: S_t = γ_h S_{t−1} + φ(k_t) v_tᵀ with γ_h = 1 − 2^(−5−h) for kv head h = 0, 1, …, o_t = S_tᵀ φ(q_t), φ = softmax_D.
/// Differs: RetNet has queries and keys turned by xPos, and a group norm after; the query heads of a group share γ.
/// </summary>
[TokenMixer("retention", "retention, decay 1 − 2^(−5−h) for kv head h", "Sun et al. 2023, arXiv 2307.08621",
    Formula = "S_t = (1 − 2^(−5−h)) S_{t−1} + φ(k_t) v_tᵀ, o_t = S_tᵀ φ(q_t)")]
public sealed class RetentionMixer(FeatureMapOptions map, RotaryOptions rotary, NormalizerOptions normalizer, MixerShape shape)
    : FixedDecayMixer(map, rotary, normalizer, shape)
{
    /// <summary>−log₂ of what the first head forgets a token.</summary>
    private const int FirstHead = 5;

    /// <inheritdoc/>
    protected override double LogDecayOf(int head, int heads) => Math.Log(1 - Math.Pow(2, -FirstHead - head));
}
