namespace Liger.Models.Mixers;

/// <summary>Mixers whose kv heads each forget at a rate of their own, the same for all tokens. A deriving class gives the rates.</summary>
/// <param name="map">The feature map.</param>
/// <param name="rotary">Rotary embedding.</param>
/// <param name="normalizer">The denominator.</param>
/// <param name="shape">The layer's sizes.</param>
public abstract class FixedDecayMixer(FeatureMapOptions map, RotaryOptions rotary, NormalizerOptions normalizer, MixerShape shape)
    : LinearAttentionMixer(map, rotary, normalizer, shape)
{
    /// <summary>Log-decay of one kv head, at most 0.</summary>
    /// <param name="head">Its number in the layer.</param>
    /// <param name="heads">Kv heads of the layer.</param>
    protected abstract double LogDecayOf(int head, int heads);

    /// <inheritdoc/>
    protected override Tensor? LogDecay(MixerInput input)
    {
        var rates = Enumerable.Range(Shape.FirstKvHead, Shape.KvHeads).Select(head => LogDecayOf(head, Shape.LayerKvHeads)).ToArray();
        return tensor(rates, Accumulator(input.Keys), input.Keys.device).view(1, 1, -1, 1).expand(input.Keys.shape[0], input.Keys.shape[1], -1, -1);
    }
}
