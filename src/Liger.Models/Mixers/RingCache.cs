using Liger.Ops;

namespace Liger.Models.Mixers;

/// <summary>
/// What a <see cref="TokenCache"/> keeps of the tokens that a window and its sinks show, in the same memory for ever: the token at position p lies in
/// slot p or, after n sinks, in a ring: slot n + (p − n) mod W. So which slots hold something, and which token a new one drives out, follows from a
/// row's position alone, and a step needs nothing from the host: it can be recorded. Behind these W + n slots there may be spare ones, which whoever
/// asked for them fills. Keys and values, which are kept alike, lie in one tensor [2,B,Hkv,S,·], what else is kept of a token in another [B,Hkv,S,·].
/// </summary>
internal sealed class RingCache : MixerState
{
    private const int Slots = -2;

    private readonly CacheColumn column;
    private readonly Tensor[] buffers;
    private readonly Tensor slots;

    /// <param name="cache">What is held now.</param>
    /// <param name="visibility">Window and sinks.</param>
    /// <param name="spare">Slots behind theirs.</param>
    internal RingCache(TokenCache cache, Visibility visibility, int spare = 0)
    {
        using var scope = NewDisposeScope();
        (Window, Sinks, column) = (visibility.Window!.Value, visibility.Sinks, cache.Columns[0]);
        Tensor[] held = [stack([cache.Stored(0), cache.Stored(1)]), .. Enumerable.Range(2, cache.Columns.Count - 2).Select(cache.Stored)];
        // The first two columns are alike. Slots that hold nothing yet are hidden, but their weight of 0 is multiplied with what lies in them.
        buffers = [.. held.Zip(cache.Columns.Skip(1), (x, of) =>
            full([.. x.shape[..^2], Seen + spare, x.shape[^1]], of.Free, x.dtype, x.device).DetachFromDisposeScope())];
        slots = arange(Seen, device: buffers[0].device).DetachFromDisposeScope();
        if (cache.Held == 0)
            return;
        var to = SlotOf(cache.Places().Positions[0]);
        foreach (var (buffer, x) in buffers.Zip(held))
            buffer.index_copy_(Slots, to, x);
    }

    /// <summary>W.</summary>
    internal int Window { get; }

    /// <summary>n.</summary>
    internal int Sinks { get; }

    /// <summary>W + n.</summary>
    internal int Seen => Window + Sinks;

    /// <summary>How keys and values are kept.</summary>
    internal CacheColumn Column => column;

    /// <inheritdoc/>
    public override long Bytes => buffers.Sum(BytesOf);

    /// <summary>Keys and values, [2,B,Hkv,S,·] as kept, and what else there is of a token, [B,Hkv,S,·].</summary>
    internal IReadOnlyList<Tensor> Stored => buffers;

    /// <summary>Keys and values of the first slots, [B,Hkv,n,·] each.</summary>
    internal (Tensor Keys, Tensor Values) Read(long count)
    {
        var both = column.Read(buffers[0].narrow(Slots, 0, count));
        return (both[0], both[1]);
    }

    /// <summary>Where the tokens of some positions lie, or come to lie, [n].</summary>
    internal Tensor SlotOf(Tensor positions) =>
        Sinks == 0 ? positions.remainder(Window) : where(positions.lt(Sinks), positions, (positions - Sinks).remainder(Window) + Sinks);

    /// <summary>What lies in a slot [1], as <see cref="Stored"/>; numbers that stand for nothing where it is free.</summary>
    internal Tensor[] At(Tensor slot) => [.. buffers.Select(buffer => buffer.index_select(Slots, slot))];

    /// <summary>Puts one token of each row into a slot.</summary>
    /// <param name="tensors">Keys, values and what else is kept, [B,1,Hkv,·] each.</param>
    /// <param name="slot">[1].</param>
    internal void Put(IReadOnlyList<Tensor> tensors, Tensor slot)
    {
        Tensor[] added = [column.Store(stack([tensors[0], tensors[1]])), .. tensors.Skip(2)];
        foreach (var (buffer, x) in buffers.Zip(added))
            buffer.index_copy_(Slots, slot, x.transpose(-3, -2));
    }

    /// <summary>[1,W + n]: which slots hold something when the newest position is [1].</summary>
    internal Tensor Valid(Tensor position) => slots.le(position).unsqueeze(0);

    /// <summary>Brings a cache, which held what this was made from, up to the same tokens.</summary>
    /// <param name="cache">The cache.</param>
    /// <param name="position">Tokens seen.</param>
    /// <param name="trimmed">What the cache is trimmed to between two calls.</param>
    internal void Return(TokenCache cache, long position, Visibility trimmed)
    {
        using var scope = NewDisposeScope();
        var sinks = Math.Min(Sinks, position);
        var from = Math.Max(sinks, position - trimmed.Window!.Value + 1);
        long[] held = [.. Enumerable.Range(0, (int)sinks).Select(p => (long)p), .. Enumerable.Range(0, (int)(position - from)).Select(i => from + i)];
        var at = SlotOf(torch.tensor(held, device: slots.device));
        var rest = At(at);
        cache.Replace([rest[0][0], rest[0][1], .. rest.Skip(1)], held, position);
    }

    /// <inheritdoc/>
    public override IEnumerable<(string Name, Tensor Tensor)> Save() => buffers.Select((buffer, i) => ($"tokens{i}", buffer));

    /// <inheritdoc/>
    public override void Load(Func<string, Tensor> tensor)
    {
        for (var i = 0; i < buffers.Length; i++)
            buffers[i].copy_(tensor($"tokens{i}"));
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        slots.Dispose();
        foreach (var buffer in buffers)
            buffer.Dispose();
    }
}
