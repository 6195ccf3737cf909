namespace Liger.Models.Mixers;

/// <summary>How strongly a key is written: σ(k·u + b), u "write" [Hkv,D] from 0, b "write-bias" [Hkv].</summary>
/// <param name="shape">The layer's sizes.</param>
/// <param name="initial">The weight of every key before training.</param>
internal sealed class WriteGate(MixerShape shape, double initial)
{
    private readonly MixerParameter direction = new([shape.KvHeads, shape.HeadDim], () => zeros([shape.KvHeads, shape.HeadDim]));
    private readonly MixerParameter bias = new([shape.KvHeads], () => full([shape.KvHeads], Math.Log(initial / (1 - initial))));

    internal IEnumerable<(string Name, MixerParameter Parameter)> Parameters => [("write", direction), ("write-bias", bias)];

    /// <summary>[B,T,Hkv,D] before rotary embedding → [B,T,Hkv,1], at least fp32.</summary>
    internal Tensor Of(Tensor keys)
    {
        var type = RecurrentMixer.Accumulator(keys);
        return ((keys.to(type) * direction.Value.to(type)).sum(-1, keepdim: true) + bias.Value.to(type).unsqueeze(-1)).sigmoid();
    }
}
