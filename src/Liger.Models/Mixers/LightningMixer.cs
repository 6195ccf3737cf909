using System.Numerics;

namespace Liger.Models.Mixers;

/// <summary>
/// Lightning attention: S_t = e^(−s_h) S_{t−1} + φ(k_t) v_tᵀ with ALiBi's slopes s_h over the kv heads, 2^(−8(h+1)/n) where their number n is a
/// power of two, o_t = S_tᵀ φ(q_t), φ = softmax_D. Differs: TransNormer has swish for φ, slopes that shrink with depth, a norm and a gate after.
/// </summary>
[TokenMixer("lightning", "lightning attention, decay e^(−s) with ALiBi's slope s of the kv head", "Qin et al. 2024, arXiv 2401.04658; Press et al. 2021, arXiv 2108.12409",
    Formula = "S_t = e^(−s_h) S_{t−1} + φ(k_t) v_tᵀ, o_t = S_tᵀ φ(q_t)")]
public sealed class LightningMixer(FeatureMapOptions map, RotaryOptions rotary, NormalizerOptions normalizer, MixerShape shape)
    : FixedDecayMixer(map, rotary, normalizer, shape)
{
    /// <summary>The last slope is 2 to minus this.</summary>
    private const double LastExponent = 8;

    /// <inheritdoc/>
    protected override double LogDecayOf(int head, int heads)
    {
        // Numbers between two powers of two: the slopes of the lower one, then every second of the higher one.
        var lower = 1 << BitOperations.Log2((uint)heads);
        return head < lower ? -Slope(head + 1, lower) : -Slope((2 * (head - lower)) + 1, 2 * lower);
    }

    private static double Slope(int place, int count) => Math.Pow(2, -LastExponent * place / count);
}
