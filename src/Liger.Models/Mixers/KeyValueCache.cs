namespace Liger.Models.Mixers;

/// <summary>
/// Rotated keys and values of past tokens, [B,Hkv,n,D] each: all of them, or the first <paramref name="sinks"/> and the last
/// <paramref name="window"/>−1, which is what the next token of a window can see.
/// </summary>
internal sealed class KeyValueCache(Tensor keys, Tensor values, int? window, int sinks) : MixerState
{
    private Tensor keys = keys.DetachFromDisposeScope();
    private Tensor values = values.DetachFromDisposeScope();
    private long held;

    /// <summary>Tokens seen so far.</summary>
    internal long Seen { get; private set; }

    /// <inheritdoc/>
    public override long Bytes => held == 0 ? 0 : 2 * BytesOf(keys) / keys.shape[2] * held;

    /// <summary>The positions of what is held, oldest first.</summary>
    internal long[] Positions
    {
        get
        {
            var positions = new long[held];
            var first = Math.Min(sinks, Seen);
            for (var i = 0; i < held; i++)
                positions[i] = i < first && held < Seen ? i : Seen - held + i;
            return positions;
        }
    }

    /// <summary>Appends new keys and values and gives everything that the new tokens may see, before anything is dropped.</summary>
    /// <param name="newKeys">[B,T,Hkv,D], rotated.</param>
    /// <param name="newValues">[B,T,Hkv,D].</param>
    /// <returns>Both [B,Hkv,n+T,D], valid until the next append.</returns>
    internal (Tensor Keys, Tensor Values) Append(Tensor newKeys, Tensor newValues)
    {
        var added = newKeys.shape[1];
        Reserve(held + added);
        keys.narrow(2, held, added).copy_(newKeys.transpose(1, 2));
        values.narrow(2, held, added).copy_(newValues.transpose(1, 2));
        held += added;
        Seen += added;
        return (keys.narrow(2, 0, held), values.narrow(2, 0, held));
    }

    /// <summary>Drops what no later token can see.</summary>
    internal void Trim()
    {
        if (window is not { } reach)
            return;
        var first = Math.Min(sinks, Seen);
        var recent = Math.Min(reach - 1, Seen - first);
        var dropped = held - first - recent;
        if (dropped <= 0)
            return;
        foreach (var kept in new[] { keys, values })
            kept.narrow(2, first, recent).copy_(kept.narrow(2, first + dropped, recent).clone());
        held = first + recent;
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        keys.Dispose();
        values.Dispose();
    }

    private void Reserve(long needed)
    {
        var capacity = keys.shape[2];
        if (needed <= capacity)
            return;
        // A window's cache stays small and is sized exactly once; an unbounded one doubles.
        var room = Math.Max(needed, window is { } reach ? reach + sinks : 2 * capacity);
        Grow(ref keys, room);
        Grow(ref values, room);
    }

    private void Grow(ref Tensor place, long room)
    {
        var shape = place.shape;
        shape[2] = room;
        var larger = empty(shape, place.dtype, place.device);
        larger.narrow(2, 0, held).copy_(place.narrow(2, 0, held));
        Replace(ref place, larger);
    }
}
