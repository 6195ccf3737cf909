using TorchSharp;
using static TorchSharp.torch;

namespace Liger.Checkpoints;

/// <summary>Fresh weights for a model that has no checkpoint: normal numbers; ones for norms (names ending "norm.weight"); zeros for biases. What a
/// name gets depends on seed, name and shape only, not on the order of asking. Optional tensors are absent.</summary>
/// <param name="seed">The seed of the run.</param>
/// <param name="dtype">The element type to give.</param>
/// <param name="device">Where to put them; null is the CPU. The numbers are the same on every device.</param>
/// <param name="std">The standard deviation, 0.02 as Hugging Face's initializer_range of all four families.</param>
public sealed class RandomWeights(long seed, ScalarType dtype = ScalarType.Float32, Device? device = null, double std = RandomWeights.DefaultStd) : WeightSource
{
    /// <summary>The standard deviation where none is given.</summary>
    public const double DefaultStd = 0.02;

    private const ulong HashStart = 14695981039346656037, HashFactor = 1099511628211;

    /// <inheritdoc/>
    public override ScalarType? Dtype => dtype;

    /// <inheritdoc/>
    public override Device Device => device ?? CPU;

    /// <inheritdoc/>
    protected override Tensor? Take(string name, ReadOnlySpan<long> shape, ScalarType? wanted, bool optional)
    {
        if (optional)
            return null;
        var given = wanted ?? dtype;
        if (name.EndsWith("norm.weight", StringComparison.Ordinal))
            return torch.ones(shape.ToArray(), given, Device);
        if (name.EndsWith(".bias", StringComparison.Ordinal))
            return torch.zeros(shape.ToArray(), given, Device);
        using var generator = new Generator(SeedOf(name), CPU);
        var normal = torch.randn(shape.ToArray(), ScalarType.Float32, CPU, generator: generator);
        normal.mul_(std);
        return TensorBytes.Convert(normal, given, device);
    }

    /// <inheritdoc/>
    protected override IReadOnlyList<string> Left() => [];

    /// <summary>FNV-1a over the seed and the name.</summary>
    private ulong SeedOf(string name)
    {
        var hash = (HashStart ^ (ulong)seed) * HashFactor;
        foreach (var letter in name)
            hash = (hash ^ letter) * HashFactor;
        return hash & long.MaxValue;
    }
}
