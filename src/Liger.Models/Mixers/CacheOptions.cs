using Liger.Ops;

namespace Liger.Models.Mixers;

/// <summary>Options of kept keys and values.</summary>
public sealed record CacheOptions
{
    /// <summary>
    /// 16 is the model's dtype. With 8 every key (after rotary embedding) and value is rounded by <see cref="Int8Rows"/> before anyone attends to it,
    /// inside the window too, so that what is kept is what was seen; gradients go straight through.
    /// </summary>
    [OptionChoice("bits of a kept key or value number; 16 is the model's dtype", 8, 16)]
    public int CacheBits { get; init; } = 16;

    /// <summary>Whether keys and values are rounded.</summary>
    internal bool InInt8 => CacheBits == 8;

    /// <summary>Keys or values as they are attended to.</summary>
    internal Tensor Rounded(Tensor rows) => InInt8 ? Int8Rows.Round(rows) : rows;

    /// <summary>Keys and values, of one shape, as they are attended to; in one go, as each is many small operations.</summary>
    internal (Tensor Keys, Tensor Values) Rounded(Tensor keys, Tensor values)
    {
        if (!InInt8)
            return (keys, values);
        using var scope = NewDisposeScope();
        var both = Rounded(stack([keys, values]));
        return (both[0].MoveToOuterDisposeScope(), both[1].MoveToOuterDisposeScope());
    }

    /// <summary>How a cache keeps them.</summary>
    /// <param name="width">Numbers of one token and kv head.</param>
    /// <param name="dtype">The model's.</param>
    internal CacheColumn Column(long width, ScalarType dtype) => new(width, dtype, InInt8);

    /// <summary>Bytes of a key or value of one kv head.</summary>
    internal long RowBytes(long width, int elementSize) => InInt8 ? Int8Rows.Bytes(width) : width * elementSize;
}

/// <summary>How a cache keeps one tensor of its tokens.</summary>
/// <param name="Width">Numbers of one token and kv head.</param>
/// <param name="Dtype">Their dtype where they are used.</param>
/// <param name="InInt8">Whether they are kept as <see cref="Int8Rows"/>.</param>
internal sealed record CacheColumn(long Width, ScalarType Dtype, bool InInt8 = false)
{
    internal long StoredWidth => InInt8 ? Int8Rows.Bytes(Width) : Width;

    internal ScalarType StoredDtype => InInt8 ? int8 : Dtype;

    /// <summary>What stands where no token is, in a cache that has places for tokens to come.</summary>
    internal double Free { get; init; }

    /// <summary>[…,Width] → as kept, […,StoredWidth].</summary>
    internal Tensor Store(Tensor rows) => InInt8 ? Int8Rows.Pack(rows) : rows;

    /// <summary>As kept → […,Width]; where nothing is packed, what was given itself.</summary>
    internal Tensor Read(Tensor stored) => InInt8 ? Int8Rows.Unpack(stored, Dtype) : stored;
}
