namespace Liger.Models.Mixers;

/// <summary>Learned key scores of every kv head of a model, for mixers that will be put there: <see cref="MixerSet"/> takes those that its mixers have.</summary>
public sealed class KeyScoreTable : IDisposable
{
    private readonly Dictionary<MixerPlace, (Tensor Direction, Tensor Bias)> scores = [];

    /// <summary>What the score of one kv head is a linear function of: its queries, its key and its value before rotary embedding, ‖k‖ and ‖v‖.</summary>
    /// <param name="input">The projections of T tokens.</param>
    /// <param name="kvHead">The kv head.</param>
    /// <returns>[B,T,(R+2)·D+2], fp32 (float64 stays).</returns>
    public static Tensor Features(MixerInput input, int kvHead)
    {
        using var scope = NewDisposeScope();
        var group = input.Queries.shape[2] / input.Keys.shape[2];
        var head = input with { Queries = input.Queries.narrow(2, kvHead * group, group), Keys = input.Keys.narrow(2, kvHead, 1), Values = input.Values.narrow(2, kvHead, 1) };
        return KeyScore.Features(head).squeeze(2).MoveToOuterDisposeScope();
    }

    /// <summary>Notes the score of one kv head, in place of another.</summary>
    /// <param name="head">The kv head.</param>
    /// <param name="direction">[(R+2)·D+2]; copied, as fp32.</param>
    /// <param name="bias">One number; copied.</param>
    public void Put(MixerPlace head, Tensor direction, Tensor bias)
    {
        if (scores.Remove(head, out var old))
            Dispose(old);
        Tensor Own(Tensor x, params long[] shape) => x.detach().to(float32).reshape(shape).clone().DetachFromDisposeScope();
        using var scope = NewDisposeScope();
        scores[head] = (Own(direction, 1, -1), Own(bias, 1));
    }

    /// <summary>Gives mixers with learned scores those of their heads; where there is none, a head keeps what it has.</summary>
    public void Give(MixerSet mixers)
    {
        using var mode = no_grad();
        using var scope = NewDisposeScope();
        foreach (var (layer, mixer) in mixers.Layers.Index())
            foreach (var (first, score) in mixer.Scores)
                for (var head = 0; head < score.KvHeads; head++)
                    if (scores.TryGetValue(new MixerPlace(layer, first + head), out var fitted))
                        score.Take(head, fitted.Direction, fitted.Bias);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var score in scores.Values)
            Dispose(score);
        scores.Clear();
    }

    private static void Dispose((Tensor Direction, Tensor Bias) score)
    {
        score.Direction.Dispose();
        score.Bias.Dispose();
    }
}
