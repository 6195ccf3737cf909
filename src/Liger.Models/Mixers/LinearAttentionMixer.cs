using Liger.Ops;

namespace Liger.Models.Mixers;

/// <summary>
/// Mixers with one matrix state a kv head that gates let fade: <see cref="GatedLinearAttention"/> under different gates. A deriving class
/// gives the gate or the log-decay, and the keys where they are more than a feature map.
/// </summary>
/// <param name="map">The feature map.</param>
/// <param name="rotary">Rotary embedding, null where the keys do not take it.</param>
/// <param name="normalizer">The denominator.</param>
/// <param name="shape">The layer's sizes.</param>
public abstract class LinearAttentionMixer(FeatureMapOptions map, RotaryOptions? rotary, NormalizerOptions normalizer, MixerShape shape)
    : RecurrentMixer(shape)
{
    /// <summary>ε: the smallest denominator.</summary>
    private const double SmallestDenominator = 1e-6;

    private readonly FeatureMap features = new(map.FeatureMap);

    /// <summary>Softmax features, no rotary embedding and no denominator, as in the published Liger models.</summary>
    private protected bool IsPlain => map.FeatureMap == FeatureMapKind.Softmax && rotary is not { Rope: true } && !normalizer.Normalized;

    /// <inheritdoc/>
    protected override IReadOnlyList<long[]> StateSizes =>
        [[Shape.KvHeads, features.Width(Shape.HeadDim), Shape.HeadDim + (normalizer.Normalized ? 1 : 0)]];

    /// <summary>The whole recurrence as <see cref="LigerAttention"/> computes it; null: it does not.</summary>
    internal RecurrenceBranch? Branch => KeyGated switch
    {
        { Complementary: false } gate => new RecurrenceBranch(RecurrenceGate.Gla, gate.Divisor),
        { Complementary: true, Divisor: 1 } => new RecurrenceBranch(RecurrenceGate.Hgrn2),
        _ => null,
    };

    /// <inheritdoc/>
    public override Tensor Parallel(MixerInput input) =>
        Branch is { } branch && input.HasKernels(null) ? input.Attend(null, branch).Output : base.Parallel(input);

    /// <inheritdoc/>
    public override Tensor Extend(MixerInput input, MixerState state)
    {
        if (Branch is not { } branch || input.Layout is not null || input.Queries.shape[1] == 1 || !input.HasKernels(null))
            return base.Extend(input, state);
        var memory = (RecurrentState)state;
        var (output, last) = input.Attend(null, branch with { Initial = memory.Matrices[0] });
        memory.Matrices = [last!];
        return output;
    }

    /// <summary>[B,T,Hkv,K], or [B,T,Hkv,1] for one decay a kv head; null: nothing is forgotten.</summary>
    protected virtual Tensor? LogDecay(MixerInput input) => DecayGate?.LogDecay(input);

    /// <summary>What is written to the state: the keys' features, unless a class says otherwise.</summary>
    protected virtual Tensor Keys(MixerInput input, Tensor? logDecay) =>
        features.Apply(rotary is { Rope: true } ? input.Rotary.Apply(input.Keys) : input.Keys);

    /// <inheritdoc/>
    protected override RecurrentTerms Terms(MixerInput input)
    {
        var queries = features.Apply(rotary is { Rope: true } ? input.Rotary.Apply(input.Queries) : input.Queries);
        var decay = LogDecay(input);
        var values = input.Values.to(Accumulator(input.Values));
        // A further value channel of ones carries the sum of keys through the same recurrence.
        if (normalizer.Normalized)
            values = nn.functional.pad(values, [0, 1], value: 1);
        return new RecurrentTerms(queries, Keys(input, decay), values, decay);
    }

    /// <inheritdoc/>
    protected override (Tensor Output, IReadOnlyList<Tensor> State) Chunked(RecurrentTerms terms, IReadOnlyList<Tensor> state, Tensor? documents)
    {
        if (terms.Narrow && terms.Queries.is_cuda)
        {
            // What no kernel makes itself is given to one: features and decays of any kind.
            var (q, k, v) = (terms.Queries.to(bfloat16), terms.Keys.to(bfloat16), terms.Values.to(bfloat16));
            if (LigerAttention.HasKernels(q, k, v, null, documents))
            {
                var (narrow, after) = LigerAttention.Forward(q, k, v, null, new RecurrenceBranch(RecurrenceGate.Given, LogDecay: Decay(terms), Initial: state[0]), documents);
                return (narrow, [after!]);
            }
        }
        var (output, last) = GatedLinearAttention.Forward(terms.Queries, terms.Keys, terms.Values, Decay(terms), state: state[0], documents: documents);
        return (Normalized(output), [last]);
    }

    /// <inheritdoc/>
    protected override Tensor Step(RecurrentTerms terms, IReadOnlyList<Tensor> state) =>
        Normalized(GatedLinearAttention.Step(terms.Queries, terms.Keys, terms.Values, Decay(terms), state[0]));

    private static Tensor Decay(RecurrentTerms terms) => terms.LogDecay ?? zeros_like(terms.Keys.narrow(-1, 0, 1));

    private Tensor Normalized(Tensor output)
    {
        if (!normalizer.Normalized)
            return output;
        var width = output.shape[^1] - 1;
        return output.narrow(-1, 0, width) / output.narrow(-1, width, 1).abs().clamp_min(SmallestDenominator);
    }
}
