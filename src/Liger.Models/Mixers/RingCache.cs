using Liger.Ops;

namespace Liger.Models.Mixers;

/// <summary>
/// The rotated keys and values that a window and its sinks see, [B,Hkv,S,D] each, in the same memory for ever: the token at position p lies in
/// slot p or, after n sinks, in a ring: slot n + (p − n) mod W. So which slots hold something follows from a row's position alone, and a step
/// needs nothing from the host: it can be recorded.
/// </summary>
internal sealed class RingCache : MixerState
{
    private readonly Tensor slots;
    private readonly CacheColumn key;
    private readonly CacheColumn value;

    /// <param name="cache">What is held now.</param>
    /// <param name="visibility">Window and sinks.</param>
    internal RingCache(TokenCache cache, Visibility visibility)
    {
        using var scope = NewDisposeScope();
        (Window, Sinks) = (visibility.Window!.Value, visibility.Sinks);
        (key, value) = (cache.Columns[0], cache.Columns[1]);
        var (keys, values) = (cache.Stored(0), cache.Stored(1));
        var size = keys.shape;
        slots = arange(Window + Sinks, device: keys.device).DetachFromDisposeScope();
        // Slots that hold nothing yet are hidden, but their weight of 0 is multiplied with what lies in them.
        Keys = zeros([size[0], size[1], Window + Sinks, size[3]], keys.dtype, keys.device).DetachFromDisposeScope();
        Values = zeros_like(Keys).DetachFromDisposeScope();
        if (cache.Held == 0)
            return;
        var to = SlotsOf(cache.Places().Positions[0]);
        Keys.index_copy_(2, to, keys);
        Values.index_copy_(2, to, values);
    }

    /// <summary>[B,Hkv,S,D], or as packed rows of it.</summary>
    internal Tensor Keys { get; }

    /// <summary>As Keys.</summary>
    internal Tensor Values { get; }

    /// <summary>Whether they are packed.</summary>
    internal bool InInt8 => key.InInt8;

    /// <summary>W.</summary>
    internal int Window { get; }

    /// <summary>n.</summary>
    internal int Sinks { get; }

    /// <inheritdoc/>
    public override long Bytes => BytesOf(Keys) + BytesOf(Values);

    /// <summary>Takes in one token of each row.</summary>
    /// <param name="keys">[B,1,Hkv,D], rotated.</param>
    /// <param name="values">[B,1,Hkv,D].</param>
    /// <param name="position">[1]: the position of all rows.</param>
    internal void Put(Tensor keys, Tensor values, Tensor position)
    {
        var to = SlotsOf(position);
        Keys.index_copy_(2, to, key.Store(keys).transpose(1, 2));
        Values.index_copy_(2, to, value.Store(values).transpose(1, 2));
    }

    /// <summary>What is held, [B,Hkv,S,D] each.</summary>
    internal (Tensor Keys, Tensor Values) Read() => (key.Read(Keys), value.Read(Values));

    /// <summary>[1,S]: which slots hold something when the newest position is [1].</summary>
    internal Tensor Valid(Tensor position) => slots.le(position).unsqueeze(0);

    /// <summary>Brings a cache, which held what this was made from, up to the same tokens.</summary>
    /// <param name="cache">The cache.</param>
    /// <param name="position">Tokens seen.</param>
    internal void Return(TokenCache cache, long position)
    {
        using var scope = NewDisposeScope();
        var from = Math.Max(Math.Min(Sinks, position), position - Window + 1);
        long[] held = [.. Enumerable.Range(0, (int)Math.Min(Sinks, position)).Select(p => (long)p), .. Enumerable.Range(0, (int)(position - from)).Select(i => from + i)];
        var at = SlotsOf(torch.tensor(held, device: Keys.device));
        cache.Replace([Keys.index_select(2, at), Values.index_select(2, at)], held);
    }

    /// <inheritdoc/>
    public override IEnumerable<(string Name, Tensor Tensor)> Save() => [("keys", Keys), ("values", Values)];

    /// <inheritdoc/>
    public override void Load(Func<string, Tensor> tensor)
    {
        Keys.copy_(tensor("keys"));
        Values.copy_(tensor("values"));
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        slots.Dispose();
        Keys.Dispose();
        Values.Dispose();
    }

    private Tensor SlotsOf(Tensor positions) => where(positions.lt(Sinks), positions, (positions - Sinks).remainder(Window) + Sinks);
}
