namespace Liger.Models.Mixers;

/// <summary>What can be seen of one kv head's work on some tokens.</summary>
/// <param name="KvHead">Its number in the mixer.</param>
/// <param name="LogDecay">[B,T,·] log-decays of its state, at most 0, one for each channel or slot that fades on its own; null: no gate, or no state.</param>
/// <param name="WindowShare">[B,T,R], 0 to 1, for each of its query heads the share of the output that the window gives; null: there are no two parts.</param>
public sealed record HeadView(int KvHead, Tensor? LogDecay = null, Tensor? WindowShare = null)
{
    /// <summary>A kv head each.</summary>
    /// <param name="kvHeads">Hkv.</param>
    /// <param name="logDecay">[B,T,Hkv,·].</param>
    /// <param name="windowShare">[B,T,H].</param>
    internal static IReadOnlyList<HeadView> Split(long kvHeads, Tensor? logDecay, Tensor? windowShare = null)
    {
        var grouped = windowShare?.unflatten(2, kvHeads, -1);
        return [.. Enumerable.Range(0, (int)kvHeads).Select(head => new HeadView(head, logDecay?.select(2, head), grouped?.select(2, head)))];
    }
}
