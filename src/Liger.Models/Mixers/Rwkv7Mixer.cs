using Liger.Ops;

namespace Liger.Models.Mixers;

/// <summary>
/// RWKV-7's generalised delta rule: S_t = (diag(w_t) − (a_t ⊙ κ_t) κ_tᵀ) S_{t−1} + (a_t ⊙ κ_t) v_tᵀ, o_t = S_tᵀ q̂_t, with κ and q̂ of norm 1, decays
/// w = exp(−e^(−1/2) σ(k))^(1/τ) and replacement rates a = σ(k), both for each key channel. Differs: RWKV-7 projects w, a and κ from the hidden state,
/// mixes a into the written key by a learned weight, and has token shifts, a bonus and a norm.
/// </summary>
[TokenMixer("rwkv7", "RWKV-7's generalised delta rule, gates and rates of the key channels", "Peng et al. 2025, arXiv 2503.14456",
    Formula = "S_t = (diag(w_t) − (a_t ⊙ κ_t) κ_tᵀ) S_{t−1} + (a_t ⊙ κ_t) v_tᵀ, w_t = exp(−e^(−1/2) σ(k_t))^(1/τ), a_t = σ(k_t), κ_t = k̂_t, o_t = S_tᵀ q̂_t")]
public sealed class Rwkv7Mixer(UndividedGateOptions gate, NormMapOptions map, RotaryOptions rotary, MixerShape shape) : RecurrentMixer(shape)
{
    private static readonly double StrongestDecay = Math.Exp(-0.5);
    private static readonly FeatureMap Unit = new(FeatureMapKind.L2Norm);
    private readonly FeatureMap features = new(map.FeatureMap);
    private readonly Gate gate = new("rwkv7", gate, GateShape.Channel, shape, x => x.sigmoid() * -StrongestDecay);

    /// <inheritdoc/>
    private protected override Gate? DecayGate => gate;

    /// <inheritdoc/>
    protected override IReadOnlyList<long[]> StateSizes => [[Shape.KvHeads, Shape.HeadDim, Shape.HeadDim]];

    /// <inheritdoc/>
    protected override RecurrentTerms Terms(MixerInput input)
    {
        var (q, k) = rotary.Rope ? (input.Rotary.Apply(input.Queries), input.Rotary.Apply(input.Keys)) : (input.Queries, input.Keys);
        var keys = features.Apply(k);
        var rates = input.Keys.to(keys.dtype).sigmoid();
        return new RecurrentTerms(
            features.Apply(q), map.FeatureMap == FeatureMapKind.L2Norm ? keys : Unit.Apply(keys), input.Values.to(keys.dtype), gate.LogDecay(input).expand(keys.shape), rates);
    }

    /// <inheritdoc/>
    protected override (Tensor Output, IReadOnlyList<Tensor> State) Chunked(RecurrentTerms terms, IReadOnlyList<Tensor> state, Tensor? documents)
    {
        var replaced = terms.Keys * terms.Strength!;
        var (output, last) = GeneralizedDeltaRule.Forward(terms.Queries, replaced, terms.Values, terms.LogDecay!, -replaced, terms.Keys, state[0], documents);
        return (output, [last]);
    }

    /// <inheritdoc/>
    protected override Tensor Step(RecurrentTerms terms, IReadOnlyList<Tensor> state)
    {
        var replaced = terms.Keys * terms.Strength!;
        return GeneralizedDeltaRule.Step(terms.Queries, replaced, terms.Values, terms.LogDecay!, -replaced, terms.Keys, state[0]);
    }
}
