using static TorchSharp.torch;

namespace Liger.Checkpoints;

/// <summary>Moves bytes in and out of tensors that may be longer than a span can be.</summary>
internal static class TensorBytes
{
    /// <summary>The most bytes moved at once: a multiple of every element size, well inside the 2 GiB of a span.</summary>
    public const int SliceLength = 1 << 30;

    /// <summary>Cuts a length into slices.</summary>
    /// <param name="length">The bytes of a tensor.</param>
    /// <param name="sliceLength">The most bytes of one slice.</param>
    public static IEnumerable<(long From, int Count)> Slices(long length, int sliceLength = SliceLength)
    {
        for (long from = 0; from < length; from += sliceLength)
            yield return (from, (int)Math.Min(sliceLength, length - from));
    }

    /// <summary>Copies bytes into a contiguous CPU tensor.</summary>
    /// <param name="source">The bytes of whole elements.</param>
    /// <param name="target">The tensor, any shape.</param>
    /// <param name="from">The first byte of the tensor to write.</param>
    public static void Copy(ReadOnlySpan<byte> source, Tensor target, long from)
    {
        using var slice = Elements(target, from, source.Length);
        source.CopyTo(slice.bytes);
    }

    /// <summary>A run of a contiguous CPU tensor's elements as a flat tensor over the same memory.</summary>
    /// <param name="tensor">The tensor, any shape.</param>
    /// <param name="from">The first byte.</param>
    /// <param name="count">How many bytes.</param>
    public static Tensor Elements(Tensor tensor, long from, int count)
    {
        using var flat = tensor.view(-1);
        return flat.narrow(0, from / tensor.ElementSize, count / tensor.ElementSize);
    }

    /// <summary>Gives a tensor another type or place, disposing it when a new one takes over.</summary>
    /// <param name="tensor">The tensor; owned by this method from here on.</param>
    /// <param name="dtype">The element type, or null for its own.</param>
    /// <param name="device">The device, or null for its own.</param>
    public static Tensor Convert(Tensor tensor, ScalarType? dtype, Device? device)
    {
        if (dtype is { } type && type != tensor.dtype)
            tensor = Replace(tensor, tensor.to(type));
        if (device is not null && !SameDevice(device, tensor.device))
            tensor = Replace(tensor, tensor.to(device));
        return tensor;
    }

    private static bool SameDevice(Device a, Device b) => a.ToString() == b.ToString();

    private static Tensor Replace(Tensor old, Tensor replacement)
    {
        old.Dispose();
        return replacement;
    }
}
