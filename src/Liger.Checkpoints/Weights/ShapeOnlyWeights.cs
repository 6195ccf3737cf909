using TorchSharp;
using static TorchSharp.torch;

namespace Liger.Checkpoints;

/// <summary>Weights without content that record what was asked: for inspection, memory estimates, and to see what a graph would leave unused. The
/// tensors have the right shape and type and take the memory of one element. Optional tensors are absent.</summary>
/// <param name="dtype">The element type to give.</param>
/// <param name="available">The names there would be, to be compared with what is asked; null: anything is there.</param>
public sealed class ShapeOnlyWeights(ScalarType dtype = ScalarType.Float32, IReadOnlyCollection<string>? available = null) : WeightSource
{
    private readonly List<SafeTensorEntry> asked = [];
    private readonly HashSet<string> names = new(StringComparer.Ordinal);

    /// <summary>What was asked, in order.</summary>
    public IReadOnlyList<SafeTensorEntry> Asked => asked;

    /// <summary>The bytes of all that was asked, in the type given.</summary>
    public long TotalBytes => asked.Sum(entry => entry.Length);

    /// <summary>The elements of all that was asked.</summary>
    public long TotalCount => asked.Sum(entry => entry.Length / SafeTensorsDtype.Size(entry.Dtype));

    /// <inheritdoc/>
    public override ScalarType? Dtype => dtype;

    /// <inheritdoc/>
    public override Device Device => CPU;

    /// <inheritdoc/>
    protected override Tensor? Take(string name, ReadOnlySpan<long> shape, ScalarType? wanted, bool optional)
    {
        var there = available?.Contains(name);
        if (optional && there != true)
            return null;
        if (there == false)
            throw new CheckpointException("is missing.", null, name);
        if (names.Add(name))
            asked.Add(new SafeTensorEntry(name, wanted ?? dtype, shape.ToArray()));
        using var one = torch.zeros([1L], wanted ?? dtype);
        return one.expand(shape.ToArray());
    }

    /// <inheritdoc/>
    protected override IReadOnlyList<string> Left() => available is null ? [] : [.. available.Where(name => !names.Contains(name))];
}
