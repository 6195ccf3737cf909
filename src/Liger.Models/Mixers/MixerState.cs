namespace Liger.Models.Mixers;

/// <summary>What a mixer remembers of one batch of sequences. Tensors in it belong to it and outlive dispose scopes.</summary>
public abstract class MixerState : IDisposable
{
    /// <summary>Bytes in use.</summary>
    public abstract long Bytes { get; }

    /// <inheritdoc/>
    public abstract void Dispose();

    /// <summary>Bytes of a tensor.</summary>
    protected static long BytesOf(Tensor tensor) => tensor.numel() * tensor.ElementSize;

    /// <summary>Puts a tensor in the place of another, which is disposed.</summary>
    protected static void Replace(ref Tensor place, Tensor by)
    {
        if (ReferenceEquals(place, by))
            return;
        place.Dispose();
        place = by.DetachFromDisposeScope();
    }
}
