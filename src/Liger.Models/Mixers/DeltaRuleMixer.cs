using Liger.Ops;

namespace Liger.Models.Mixers;

/// <summary>
/// Mixers under the delta rule, <see cref="DeltaRule"/>: queries φ(q), keys φ(k) brought to norm 1 (φ is the L2 norm by default),
/// strength σ(mean_D(k)) or 1. A deriving class gives the gate or the log-decay, or nothing is forgotten.
/// </summary>
/// <param name="delta">The strength.</param>
/// <param name="map">The feature map.</param>
/// <param name="rotary">Rotary embedding.</param>
/// <param name="shape">The layer's sizes.</param>
public abstract class DeltaRuleMixer(DeltaOptions delta, NormMapOptions map, RotaryOptions rotary, MixerShape shape) : RecurrentMixer(shape)
{
    private static readonly FeatureMap Unit = new(FeatureMapKind.L2Norm);
    private readonly FeatureMap features = new(map.FeatureMap);

    /// <inheritdoc/>
    protected override IReadOnlyList<long[]> StateSizes => [[Shape.KvHeads, features.Width(Shape.HeadDim), Shape.HeadDim]];

    /// <summary>[B,T,Hkv,1]; null: nothing is forgotten.</summary>
    protected virtual Tensor? LogDecay(MixerInput input) => DecayGate?.LogDecay(input);

    /// <inheritdoc/>
    protected override RecurrentTerms Terms(MixerInput input)
    {
        var (q, k) = rotary.Rope ? (input.Rotary.Apply(input.Queries), input.Rotary.Apply(input.Keys)) : (input.Queries, input.Keys);
        var type = Accumulator(k);
        var pooled = input.Keys.to(type).mean([-1], keepdim: true);
        var strength = delta.Strength == DeltaStrength.Key ? pooled.sigmoid() : ones_like(pooled);
        var keys = features.Apply(k);
        return new RecurrentTerms(
            features.Apply(q), map.FeatureMap == FeatureMapKind.L2Norm ? keys : Unit.Apply(keys), input.Values.to(type), LogDecay(input) ?? zeros_like(pooled), strength);
    }

    /// <inheritdoc/>
    protected override (Tensor Output, IReadOnlyList<Tensor> State) Chunked(RecurrentTerms terms, IReadOnlyList<Tensor> state, Tensor? documents)
    {
        var (output, last) = DeltaRule.Forward(terms.Queries, terms.Keys, terms.Values, terms.LogDecay!, terms.Strength!, state[0], documents);
        return (output, [last]);
    }

    /// <inheritdoc/>
    protected override Tensor Step(RecurrentTerms terms, IReadOnlyList<Tensor> state) =>
        DeltaRule.Step(terms.Queries, terms.Keys, terms.Values, terms.LogDecay!, terms.Strength!, state[0]);
}
