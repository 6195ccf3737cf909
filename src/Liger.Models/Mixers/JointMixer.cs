namespace Liger.Models.Mixers;

/// <summary>Options of joint attention.</summary>
public sealed record JointOptions
{
    /// <summary>Quadratic by default: the nearest to the softmax that it continues.</summary>
    [OptionMeaning("kernel of what has left the window")]
    public JointMapKind JointMap { get; init; }

    /// <summary>Whether the state too sees rotated queries and keys. True by default, as the kernel stands for the same scores.</summary>
    [OptionMeaning("rotary embedding in the state")]
    public bool JointRope { get; init; } = true;

    /// <summary>Whether a learned weight says how strongly each key is written: σ(k·u + b) for each kv head, k before rotary embedding.</summary>
    [OptionMeaning("a learned weight for each key that is written to the state")]
    public bool WriteGate { get; init; }

    /// <summary>The write gate before training: near 0, so that the mixer starts near its window.</summary>
    [OptionRange(0.0001, 0.9999, "the write gate before training")]
    public double InitialWrite { get; init; } = 0.02;
}

/// <summary>
/// Window and linear state under one denominator: <see cref="Ops.JointAttention"/>. A key counts by the softmax while it is in the window or a
/// sink, and afterwards, summed up in the state, by a kernel. The write gate declares "write" [Hkv,D], 0 at first, and "write-bias" [Hkv].
/// </summary>
[TokenMixer("joint", "softmax in the window and a kernel on a state of what has left it, one denominator",
    "the joint normalisation of Zhang et al. 2024, arXiv 2410.10254; the second-order kernel of Arora et al. 2024, arXiv 2402.18668",
    Formula = "o_t = (Σ_near e^s v + S_tᵀ φ(q_t)) / (Σ_near e^s + z_tᵀ φ(q_t)), S and z the sums of φ(k) vᵀ and φ(k) of what has left the window")]
public sealed class JointMixer(WindowOptions window, CacheOptions cache, JointOptions options, MixerShape shape)
    : JointlyNormalizedMixer(window, cache, JointMap.Of(options.JointMap, shape), options.JointRope, Gate(options, shape), shape)
{
    private static WriteGate? Gate(JointOptions options, MixerShape shape)
    {
        if (!options.WriteGate && options.InitialWrite != new JointOptions().InitialWrite)
            throw new ModelException("mixer joint: initial-write needs write-gate true — expected both or neither.");
        return options.WriteGate ? new WriteGate(shape, options.InitialWrite) : null;
    }
}

/// <summary>Options of LoLCATs' attention besides its window; none.</summary>
public sealed record LolcatsOptions;

/// <summary>
/// The hybrid attention of LoLCATs: rotated queries and keys everywhere, hedgehog feature maps, and a factor γ_h on the window, whose scores are
/// taken relative to their largest: (γ Σ_near e^{s−max s} v + Σ_far φ(q)φ(k) v) / (γ Σ_near e^{s−max s} + Σ_far φ(q)φ(k)). γ = σ(a), a declared
/// parameter "window-factor" [H] that starts at −2.197 (γ = 0.1). Differs: see <see cref="HedgehogMap"/>; no 1e-6 in the denominator.
/// </summary>
[TokenMixer("lolcats", "window and hedgehog features under one denominator, the window weighed by γ", "Zhang et al. 2024, arXiv 2410.10254",
    Formula = "o_t = (γ Σ_near e^(s − max s) v + S_tᵀ φ(q_t)) / (γ Σ_near e^(s − max s) + z_tᵀ φ(q_t)), φ(x) = [softmax(xW), softmax(−xW)]")]
public sealed class LolcatsMixer(WindowOptions window, CacheOptions cache, LolcatsOptions options, MixerShape shape)
    : JointlyNormalizedMixer(window, cache, JointMap.Of(JointMapKind.Hedgehog, shape), rope: true, gate: null, shape)
{
    /// <summary>σ⁻¹(0.1), as published.</summary>
    private const double InitialFactor = -2.197;

    private readonly MixerParameter factor = new([shape.Heads], () => full([shape.Heads], InitialFactor));

    /// <summary>The options; none.</summary>
    public LolcatsOptions Options { get; } = options;

    /// <inheritdoc/>
    public override IEnumerable<(string Name, MixerParameter Parameter)> Parameters => base.Parameters.Append(("window-factor", factor));

    /// <inheritdoc/>
    private protected override Tensor? WindowLog() => nn.functional.logsigmoid(factor.Value);
}
