namespace Liger.Models.Mixers;

/// <summary>What decides which keys are remembered.</summary>
public enum KeyScoreKind
{
    /// <summary>
    /// The attention that a key gets while it is in the window: the sum of the weights that all queries of its kv head give it, under a softmax
    /// over window and sinks alone. Nothing is declared.
    /// </summary>
    Attention,

    /// <summary>u·[k, ‖k‖, ‖v‖], with a declared u for each kv head.</summary>
    Learned,
}

/// <summary>
/// The learned score of a key: u·[k, ‖k‖, ‖v‖], k before rotary embedding, u "score" [Hkv,D+2]. It starts as −‖k‖: short keys are those that
/// draw attention (Devoto et al. 2024, arXiv 2406.11430). Ranks are hard, so no gradient reaches u through the mixer.
/// </summary>
internal sealed class KeyScore(MixerShape shape)
{
    private readonly MixerParameter direction = new([shape.KvHeads, shape.HeadDim + 2], () =>
    {
        var start = zeros([shape.KvHeads, shape.HeadDim + 2]);
        start.narrow(1, shape.HeadDim, 1).fill_(-1);
        return start;
    });

    internal IEnumerable<(string Name, MixerParameter Parameter)> Parameters => [("score", direction)];

    /// <summary>[B,T,Hkv], fp32.</summary>
    internal Tensor Of(MixerInput input)
    {
        using var mode = no_grad();
        using var scope = NewDisposeScope();
        var (keys, values, u) = (input.Keys.to(float32), input.Values.to(float32), direction.Value);
        Tensor Length(Tensor x) => x.square().sum(-1).sqrt();
        var ofKeys = (keys * u.narrow(1, 0, shape.HeadDim)).sum(-1);
        return (ofKeys + (Length(keys) * u.select(1, shape.HeadDim)) + (Length(values) * u.select(1, shape.HeadDim + 1))).MoveToOuterDisposeScope();
    }
}
