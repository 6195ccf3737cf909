namespace Liger.Models.Mixers;

/// <summary>HGRN2 has no options here: the published lower bound of the gate is never used with pretrained keys.</summary>
public sealed record Hgrn2Options;

/// <summary>
/// HGRN2 with the gate of Liger: decay σ(k) for each key channel, keys 1 − σ(k), queries softmax_D(q). Computed in fp32.
/// </summary>
[TokenMixer("hgrn2", "gated recurrence with state expansion, gate σ(k), keys 1 − σ(k)", "Lan et al. 2025, arXiv 2503.01496, table 1; Qin et al. 2024, arXiv 2404.07904")]
public sealed class Hgrn2Mixer(Hgrn2Options options, MixerShape shape) : KeyDecayMixer(shape)
{
    /// <summary>The options; none.</summary>
    public Hgrn2Options Options { get; } = options;

    /// <inheritdoc/>
    protected override (Tensor Queries, Tensor Keys, Tensor LogDecay) Features(MixerInput input)
    {
        var keys = input.Keys.to(float32);
        return (input.Queries.softmax(-1, float32), keys.neg().sigmoid(), nn.functional.logsigmoid(keys));
    }
}
