namespace Liger.Models.Mixers;

/// <summary>What decides which keys are remembered.</summary>
public enum KeyScoreKind
{
    /// <summary>
    /// The attention that a key gets while it is in the window: the sum of the weights that all queries of its kv head give it, under a softmax
    /// over window and sinks alone. Nothing is declared.
    /// </summary>
    Attention,

    /// <summary>A declared vector over the token's own projections, to be fitted to where the original's attention goes.</summary>
    Learned,
}

/// <summary>
/// The learned score of a key, u·[q_1 … q_R, k, v, ‖k‖, ‖v‖] + b over the projections of its token in its kv head, before rotary embedding: u
/// "score" [Hkv,(R+2)·D+2], b "score-bias" [Hkv]. It starts as −‖k‖: short keys are those that draw attention (Devoto et al. 2024, arXiv
/// 2406.11430); training draws it to where the original's attention goes.
/// </summary>
internal sealed class KeyScore
{
    /// <summary>Steps of a unit that ranks tell apart: sums that differ in their last bits alone, as equal tokens' may, are the same.</summary>
    private const double Steps = 1024;

    private readonly MixerShape shape;
    private readonly MixerParameter direction;
    private readonly MixerParameter bias;

    internal KeyScore(MixerShape shape)
    {
        this.shape = shape;
        var projections = ((shape.Heads / shape.KvHeads) + 2L) * shape.HeadDim;
        direction = new MixerParameter([shape.KvHeads, projections + 2], () =>
        {
            var start = zeros([shape.KvHeads, projections + 2]);
            start.narrow(1, projections, 1).fill_(-1);
            return start;
        });
        bias = new MixerParameter([shape.KvHeads], () => zeros([shape.KvHeads]));
    }

    internal IEnumerable<(string Name, MixerParameter Parameter)> Parameters => [("score", direction), ("score-bias", bias)];

    /// <summary>Kv heads that have it.</summary>
    internal int KvHeads => shape.KvHeads;

    /// <summary>[B,T,Hkv], fp32 (float64 stays).</summary>
    internal Tensor Of(MixerInput input)
    {
        using var scope = NewDisposeScope();
        var features = Features(input);
        return ((features * direction.Value.to(features.dtype)).sum(-1) + bias.Value.to(features.dtype)).MoveToOuterDisposeScope();
    }

    /// <summary>[B,T,Hkv,(R+2)·D+2], fp32 (float64 stays).</summary>
    internal static Tensor Features(MixerInput input)
    {
        using var scope = NewDisposeScope();
        var type = RecurrentMixer.Accumulator(input.Keys);
        var (keys, values) = (input.Keys.to(type), input.Values.to(type));
        static Tensor Length(Tensor x) => x.square().sum(-1, keepdim: true).sqrt();
        return cat([input.Queries.to(type).unflatten(2, keys.shape[2], -1).flatten(3, 4), keys, values, Length(keys), Length(values)], -1).MoveToOuterDisposeScope();
    }

    /// <summary>Puts other numbers in the place of one kv head's.</summary>
    /// <param name="head">The kv head, counted from the first that has this score.</param>
    /// <param name="u">[1,(R+2)·D+2].</param>
    /// <param name="b">[1].</param>
    internal void Take(int head, Tensor u, Tensor b)
    {
        direction.Value.narrow(0, head, 1).copy_(u);
        bias.Value.narrow(0, head, 1).copy_(b);
    }

    /// <summary>[B,T,Hkv], fp32, in steps and without gradients: for comparing.</summary>
    internal Tensor Ranked(MixerInput input)
    {
        using var mode = no_grad();
        using var scope = NewDisposeScope();
        return (Of(input).to(float32) * Steps).round().div(Steps).MoveToOuterDisposeScope();
    }
}
