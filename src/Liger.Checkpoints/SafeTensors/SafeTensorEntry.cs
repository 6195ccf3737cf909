using static TorchSharp.torch;

namespace Liger.Checkpoints;

/// <summary>A tensor to be written.</summary>
/// <param name="Name">The tensor's name.</param>
/// <param name="Dtype">The element type to store.</param>
/// <param name="Shape">The sizes of its dimensions; empty for a scalar.</param>
public sealed record SafeTensorEntry(string Name, ScalarType Dtype, long[] Shape)
{
    /// <summary>The bytes it takes.</summary>
    /// <exception cref="CheckpointException">The type cannot be stored, a size is negative, or the product overflows.</exception>
    public long Length
    {
        get
        {
            long length = SafeTensorsDtype.Size(Dtype);
            try
            {
                foreach (var size in Shape)
                    length = size < 0 ? throw new OverflowException() : checked(length * size);
            }
            catch (OverflowException error)
            {
                throw new CheckpointException($"the shape [{string.Join(", ", Shape)}] cannot be stored.", null, Name, error);
            }
            return length;
        }
    }
}
