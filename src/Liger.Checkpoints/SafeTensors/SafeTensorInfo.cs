using static TorchSharp.torch;

namespace Liger.Checkpoints;

/// <summary>One tensor of a safetensors file, as its header describes it.</summary>
/// <param name="Name">The tensor's name.</param>
/// <param name="Dtype">The element type it is stored in.</param>
/// <param name="Shape">The sizes of its dimensions; empty for a scalar.</param>
/// <param name="Offset">Where its bytes begin, from the start of the file.</param>
/// <param name="Length">How many bytes it has.</param>
public sealed record SafeTensorInfo(string Name, ScalarType Dtype, long[] Shape, long Offset, long Length)
{
    /// <summary>The number of elements.</summary>
    public long Count => Length / SafeTensorsDtype.Size(Dtype);
}
