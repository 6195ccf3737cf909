namespace Liger.Models.Mixers;

/// <summary>Options of the mixers whose log-decay is divided.</summary>
public sealed record GateOptions
{
    /// <summary>τ: log-decays are divided by it, so that τ times more tokens are remembered. The published code has 16.</summary>
    [OptionRange(1e-3, 1e6, "divides the log-decay: larger remembers longer")]
    public double GateDivisor { get; init; } = 16;
}

/// <summary>
/// Gated linear attention with the gate of Liger: q̂ = softmax_D(q), k̂ = softmax_D(k), log-decay log σ(k)/τ for each key channel.
/// Differs: feature maps and gates are computed in fp32, where the published code computes them in the model's dtype.
/// </summary>
[TokenMixer("gla", "gated linear attention, gate σ(k)^(1/τ) a key channel", "Lan et al. 2025, arXiv 2503.01496, table 1; Yang et al. 2024, arXiv 2312.06635")]
public sealed class GlaMixer(GateOptions options, MixerShape shape) : KeyDecayMixer(shape)
{
    /// <summary>The options.</summary>
    public GateOptions Options { get; } = options;

    /// <inheritdoc/>
    protected override (Tensor Queries, Tensor Keys, Tensor LogDecay) Features(MixerInput input) =>
        (input.Queries.softmax(-1, float32), input.Keys.softmax(-1, float32), nn.functional.logsigmoid(input.Keys.to(float32)) / Options.GateDivisor);
}
