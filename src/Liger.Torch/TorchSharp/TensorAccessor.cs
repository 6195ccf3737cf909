namespace TorchSharp.Utils;

/// <summary>Reads and writes the elements of a CPU tensor in row-major order.</summary>
public sealed class TensorAccessor<T> : IDisposable
    where T : unmanaged
{
    private readonly torch.Tensor tensor;

    internal unsafe TensorAccessor(torch.Tensor tensor)
    {
        if (tensor.device_type != DeviceType.CPU)
            throw new InvalidOperationException("data: the tensor does not lie in the memory of the CPU. Move it there with cpu().");
        if (tensor.ElementSize != sizeof(T))
            throw new InvalidOperationException($"data: expected elements of {tensor.dtype}, got {typeof(T).Name}.");
        this.tensor = tensor;
    }

    public long Count => tensor.numel();

    public unsafe T this[params long[] indices]
    {
        get
        {
            var strides = tensor.stride();
            var sizes = tensor.shape;
            if (indices.Length != sizes.Length)
                throw new ArgumentException($"data: expected {sizes.Length} indices, got {indices.Length}.", nameof(indices));
            long offset = 0;
            for (var i = 0; i < indices.Length; i++)
            {
                ArgumentOutOfRangeException.ThrowIfNegative(indices[i]);
                ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(indices[i], sizes[i]);
                offset += indices[i] * strides[i];
            }
            return ((T*)tensor.DataPointer())[offset];
        }
    }

    public T[] ToArray()
    {
        var result = new T[Count];
        CopyTo(result);
        return result;
    }

    public unsafe void CopyTo(Span<T> array)
    {
        using var whole = tensor.is_contiguous() ? null : tensor.contiguous();
        new Span<T>((void*)(whole ?? tensor).DataPointer(), checked((int)Count)).CopyTo(array);
    }

    public unsafe void CopyFrom(ReadOnlySpan<T> array)
    {
        if (!tensor.is_contiguous())
            throw new InvalidOperationException("data: the tensor is not contiguous. Call contiguous() first.");
        array.CopyTo(new Span<T>((void*)tensor.DataPointer(), checked((int)Count)));
    }

    public void Dispose()
    {
    }
}
