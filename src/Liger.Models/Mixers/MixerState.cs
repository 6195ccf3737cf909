namespace Liger.Models.Mixers;

/// <summary>What a mixer remembers of one batch of sequences. Tensors in it belong to it and outlive dispose scopes.</summary>
public abstract class MixerState : IDisposable
{
    /// <summary>Bytes in use.</summary>
    public abstract long Bytes { get; }

    /// <summary>Every tensor that it takes to go on from here, by name; valid until the state changes.</summary>
    public abstract IEnumerable<(string Name, Tensor Tensor)> Save();

    /// <summary>Goes on from what <see cref="Save"/> gave to a state of the same mixer and batch.</summary>
    /// <param name="tensor">Gives a saved tensor by name.</param>
    public abstract void Load(Func<string, Tensor> tensor);

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
