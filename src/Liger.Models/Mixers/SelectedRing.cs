using Liger.Ops;

namespace Liger.Models.Mixers;

/// <summary>
/// Window, sinks and selected keys of <see cref="SelectedMixer"/> in a form whose steps can be recorded: the m selected keys lie in the spare slots of a
/// ring, in any order, so that all that a query may see is one tensor. What a new token drives out of the window takes the place of the worst of
/// them; what is not better goes to one slot more, which nobody sees.
/// </summary>
internal sealed class SelectedRing : MixerState
{
    private const int Slots = -2;

    private readonly RingCache ring;
    private readonly int most;
    // Of two selected keys the larger number came later; [B,Hkv,m + 1].
    private readonly Tensor order;

    /// <param name="cache">Keys, values and scores of window and sinks, as they rest.</param>
    /// <param name="selected">The same of the selected keys.</param>
    /// <param name="visibility">Window and sinks.</param>
    internal SelectedRing(TokenCache cache, RecurrentState selected, Visibility visibility)
    {
        using var scope = NewDisposeScope();
        var scores = selected.Matrices[^1];
        most = (int)scores.shape[2];
        ring = new RingCache(cache, visibility, most + 1);
        foreach (var (place, resting) in Selected.Zip(selected.Matrices))
            place.copy_(resting);
        order = arange(-most, 1, device: scores.device).expand([.. scores.shape[..2], most + 1]).clone().DetachFromDisposeScope();
    }

    /// <inheritdoc/>
    public override long Bytes => ring.Bytes + BytesOf(order);

    /// <summary>W + n.</summary>
    internal int Seen => ring.Seen;

    /// <summary>Takes in one token of each row, after what it drives out of the window has been selected or not.</summary>
    /// <param name="tensors">Keys, values and scores, [B,1,Hkv,·] each.</param>
    /// <param name="position">[1]: the position of all rows.</param>
    internal void Put(IReadOnlyList<Tensor> tensors, Tensor position)
    {
        using var scope = NewDisposeScope();
        var slot = ring.SlotOf(position);
        Select(slot, position);
        ring.Put(tensors, slot);
    }

    /// <summary>What a query may see: keys and values [B,Hkv,I,D] of window, sinks and selected ones, and what is there of them, [B,Hkv,1,I].</summary>
    /// <param name="position">[1]: the newest one.</param>
    internal (Tensor Keys, Tensor Values, Tensor Visible) All(Tensor position)
    {
        var (keys, values) = ring.Read(ring.Seen + most);
        var chosen = Scores.mT.gt(double.NegativeInfinity);
        return (keys, values, cat([ring.Valid(position).expand([.. chosen.shape[..3], ring.Seen]), chosen], -1));
    }

    /// <summary>Adds to the scores of what lies in window and sinks, which are the first of all.</summary>
    /// <param name="received">[B,Hkv,W + n] fp32.</param>
    internal void Reward(Tensor received) => ring.Stored[1].narrow(Slots, 0, ring.Seen).squeeze(-1).add_(received);

    /// <summary>Brings the resting state, which this was made from, up to the same tokens.</summary>
    /// <param name="cache">Of window and sinks.</param>
    /// <param name="selected">Of the selected keys; the earliest go first, free places last.</param>
    /// <param name="visibility">Window and sinks.</param>
    /// <param name="position">Tokens seen.</param>
    internal void Return(TokenCache cache, RecurrentState selected, Visibility visibility, long position)
    {
        using var scope = NewDisposeScope();
        var next = torch.tensor([position], device: order.device);
        Select(ring.SlotOf(next), next);
        ring.Return(cache, position, visibility);
        var free = Scores.squeeze(-1).eq(double.NegativeInfinity);
        var index = order.narrow(2, 0, most).masked_fill(free, position + 1).sort(-1).Indices.unsqueeze(-1);
        foreach (var (place, resting) in Selected.Zip(selected.Matrices))
            resting.copy_(place.gather(Slots, Along(index, place)));
    }

    /// <inheritdoc/>
    public override IEnumerable<(string Name, Tensor Tensor)> Save() => [.. ring.Save(), ("order", order)];

    /// <inheritdoc/>
    public override void Load(Func<string, Tensor> tensor)
    {
        ring.Load(tensor);
        order.copy_(tensor("order"));
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        ring.Dispose();
        order.Dispose();
    }

    /// <summary>The scores of the selected keys, [B,Hkv,m,1].</summary>
    private Tensor Scores => ring.Stored[1].narrow(Slots, ring.Seen, most);

    /// <summary>Selected keys, values and scores as they are kept, [B,Hkv,m,·] each.</summary>
    private IReadOnlyList<Tensor> Selected
    {
        get
        {
            var pair = ring.Stored[0].narrow(Slots, ring.Seen, most);
            return [pair[0], pair[1], Scores];
        }
    }

    /// <summary>What lies in a slot of the window takes the place of the worst selected key, of equal ones the latest, where it is better.</summary>
    private void Select(Tensor slot, Tensor position)
    {
        var (leaving, scores) = (ring.At(slot), Scores.squeeze(-1));
        var worst = scores.amin([-1], keepdim: true);
        var latest = order.narrow(2, 0, most).masked_fill(scores.gt(worst), long.MinValue).argmax(-1, keepdim: true);
        // The score of an empty slot is −∞, above which nothing is worse.
        var place = latest.masked_fill(leaving[1].squeeze(-1).gt(worst).logical_not(), most);
        order.scatter_(2, place, position.expand(place.shape));
        foreach (var (stored, x) in ring.Stored.Zip(leaving))
            stored.narrow(Slots, ring.Seen, most + 1).scatter_(Slots, Along(place.unsqueeze(-1), x), x);
    }

    /// <summary>[B,Hkv,n,1] as wide as x.</summary>
    private static Tensor Along(Tensor index, Tensor x) => index.expand([.. x.shape[..^2], index.shape[2], x.shape[^1]]);
}
