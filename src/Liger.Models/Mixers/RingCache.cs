using Liger.Ops;

namespace Liger.Models.Mixers;

/// <summary>
/// What a <see cref="TokenCache"/> keeps of the tokens that a window and its sinks show, [B,Hkv,S,·] each, in the same memory for ever: the token at
/// position p lies in slot p or, after n sinks, in a ring: slot n + (p − n) mod W. So which slots hold something, and which token a new one drives out,
/// follows from a row's position alone, and a step needs nothing from the host: it can be recorded. Behind these W + n slots there may be spare ones,
/// which whoever asked for them fills.
/// </summary>
internal sealed class RingCache : MixerState
{
    private readonly IReadOnlyList<CacheColumn> columns;
    private readonly Tensor[] buffers;
    private readonly Tensor slots;

    /// <param name="cache">What is held now.</param>
    /// <param name="visibility">Window and sinks.</param>
    /// <param name="spare">Slots behind theirs.</param>
    internal RingCache(TokenCache cache, Visibility visibility, int spare = 0)
    {
        using var scope = NewDisposeScope();
        (Window, Sinks, columns) = (visibility.Window!.Value, visibility.Sinks, cache.Columns);
        // Slots that hold nothing yet are hidden, but their weight of 0 is multiplied with what lies in them.
        buffers = [.. columns.Select((column, i) =>
        {
            var held = cache.Stored(i);
            long[] size = [.. held.shape[..2], Seen + spare, held.shape[3]];
            return full(size, column.Free, held.dtype, held.device).DetachFromDisposeScope();
        })];
        slots = arange(Seen, device: buffers[0].device).DetachFromDisposeScope();
        if (cache.Held == 0)
            return;
        var to = SlotOf(cache.Places().Positions[0]);
        for (var i = 0; i < buffers.Length; i++)
            buffers[i].index_copy_(2, to, cache.Stored(i));
    }

    /// <summary>W.</summary>
    internal int Window { get; }

    /// <summary>n.</summary>
    internal int Sinks { get; }

    /// <summary>W + n.</summary>
    internal int Seen => Window + Sinks;

    /// <summary>How the tensors are kept.</summary>
    internal IReadOnlyList<CacheColumn> Columns => columns;

    /// <inheritdoc/>
    public override long Bytes => buffers.Sum(BytesOf);

    /// <summary>One of the tensors, [B,Hkv,S,·] with the spare slots.</summary>
    internal Tensor this[int index] => columns[index].Read(Stored(index));

    /// <summary>The same as it is kept.</summary>
    internal Tensor Stored(int index) => buffers[index];

    /// <summary>Where the tokens of some positions lie, or come to lie, [n].</summary>
    internal Tensor SlotOf(Tensor positions) =>
        Sinks == 0 ? positions.remainder(Window) : where(positions.lt(Sinks), positions, (positions - Sinks).remainder(Window) + Sinks);

    /// <summary>What lies in a slot, [B,Hkv,1,·] as kept; numbers that stand for nothing where it is free.</summary>
    /// <param name="index">Which of the tensors.</param>
    /// <param name="slot">[1].</param>
    internal Tensor At(int index, Tensor slot) => buffers[index].index_select(2, slot);

    /// <summary>Puts one token of each row into a slot.</summary>
    /// <param name="tensors">[B,1,Hkv,·] each.</param>
    /// <param name="slot">[1].</param>
    internal void Put(IReadOnlyList<Tensor> tensors, Tensor slot)
    {
        for (var i = 0; i < buffers.Length; i++)
            buffers[i].index_copy_(2, slot, columns[i].Store(tensors[i]).transpose(1, 2));
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
        cache.Replace([.. buffers.Select(buffer => buffer.index_select(2, at))], held, position);
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
