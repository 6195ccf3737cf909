using Liger.Ops;

namespace Liger.Models.Mixers;

/// <summary>Options of gated slot attention.</summary>
public sealed record GsaOptions
{
    /// <summary>M, slots a kv head: the gate of slot m is the mean of D/M neighbouring channels. 0 is D, as in the published checkpoint.</summary>
    [OptionRange(0, 1 << 14, "memory slots a kv head, a divisor of the head size; 0 is the head size")]
    public int Slots { get; init; }
}

/// <summary>
/// Gated slot attention with the gate of Liger: queries and keys as they are, without scale; log-decay log σ(pool(k))/τ for each slot.
/// Computed in fp32.
/// </summary>
[TokenMixer("gsa", "gated slot attention, gate σ(pool(k))^(1/τ) a slot", "Lan et al. 2025, arXiv 2503.01496, table 1; Zhang et al. 2024, arXiv 2409.07146",
    Formula = "f_t = σ(pool(k_t))^(1/τ), K_t = K_{t−1} diag(f_t) + k_t (1 − f_t)ᵀ, V_t = diag(f_t) V_{t−1} + (1 − f_t) v_tᵀ, o_t = V_tᵀ softmax(K_tᵀ q_t)")]
public sealed class GsaMixer : RecurrentMixer
{
    private readonly int slots;
    private readonly Gate gate;
    private readonly FeatureMap features;
    private readonly bool rope;

    /// <param name="options">The slots.</param>
    /// <param name="gate">The gate.</param>
    /// <param name="map">The feature map.</param>
    /// <param name="rotary">Rotary embedding.</param>
    /// <param name="shape">The layer's sizes.</param>
    /// <exception cref="ModelException">The slots do not divide the head size.</exception>
    public GsaMixer(GsaOptions options, GateOptions gate, IdentityMapOptions map, RotaryOptions rotary, MixerShape shape)
        : base(shape)
    {
        slots = options.Slots == 0 ? shape.HeadDim : options.Slots;
        if (shape.HeadDim % slots != 0)
            throw new ModelException($"mixer gsa: slots — expected a divisor of the head size {shape.HeadDim}, got {slots}.");
        this.gate = new Gate("gsa", gate, GateShape.Channel, shape, Gate.LogSigmoid, slots);
        features = new FeatureMap(map.FeatureMap);
        rope = rotary.Rope;
    }

    /// <inheritdoc/>
    private protected override Gate? DecayGate => gate;

    /// <inheritdoc/>
    protected override IReadOnlyList<long[]> StateSizes =>
        [[Shape.KvHeads, features.Width(Shape.HeadDim), slots], [Shape.KvHeads, slots, Shape.HeadDim]];

    /// <inheritdoc/>
    protected override RecurrentTerms Terms(MixerInput input)
    {
        var decay = gate.LogDecay(input);
        return new RecurrentTerms(
            features.Apply(rope ? input.Rotary.Apply(input.Queries) : input.Queries), features.Apply(rope ? input.Rotary.Apply(input.Keys) : input.Keys),
            input.Values.to(Accumulator(input.Values)), decay.expand(-1, -1, -1, slots));
    }

    /// <inheritdoc/>
    protected override (Tensor Output, IReadOnlyList<Tensor> State) Chunked(RecurrentTerms terms, IReadOnlyList<Tensor> state, Tensor? documents)
    {
        var (output, last) = GatedSlotAttention.Forward(
            terms.Queries, terms.Keys, terms.Values, terms.LogDecay!, new GatedSlotAttention.SlotState(state[0], state[1]), documents);
        return (output, [last.Keys, last.Values]);
    }

    /// <inheritdoc/>
    protected override Tensor Step(RecurrentTerms terms, IReadOnlyList<Tensor> state) =>
        GatedSlotAttention.Step(terms.Queries, terms.Keys, terms.Values, terms.LogDecay!, new GatedSlotAttention.SlotState(state[0], state[1]));
}
