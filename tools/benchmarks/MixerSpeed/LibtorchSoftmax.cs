using Liger.Models.Mixers;
using static TorchSharp.torch;

namespace Liger.Bench.MixerSpeed;

/// <summary>
/// Causal softmax as libtorch itself computes it: its fused operator where it has one (2.x), and before that what the operator was made of: all
/// scores, a mask, their softmax, and its product with the values. Something to compare with, no mixer of the catalog: it has no step.
/// </summary>
internal sealed class LibtorchSoftmax : TokenMixer
{
    internal const string Name = "softmax-libtorch";

    /// <inheritdoc/>
    public override Tensor Parallel(MixerInput input)
    {
        using var scope = NewDisposeScope();
        var group = input.Queries.shape[2] / input.Keys.shape[2];
        var q = input.Rotary.Apply(input.Queries).transpose(1, 2);
        var k = input.Rotary.Apply(input.Keys).repeat_interleave(group, 2).transpose(1, 2);
        var v = input.Values.repeat_interleave(group, 2).transpose(1, 2);
        return (IsFused ? nn.functional.scaled_dot_product_attention(q, k, v, is_casual: true) : Composed(q, k, v)).transpose(1, 2).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override MixerState NewState(int batch, ScalarType dtype, Device device) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override Tensor Extend(MixerInput input, MixerState state) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long StateBytes(long tokens, int elementSize) => 0;

    private static bool IsFused => !__version__.StartsWith("1.", StringComparison.Ordinal);

    private static Tensor Composed(Tensor q, Tensor k, Tensor v)
    {
        var tokens = q.shape[2];
        var later = ones([tokens, tokens], @bool).triu(1);
        return (q / Math.Sqrt(q.shape[3])).matmul(k.mT).masked_fill(later, double.NegativeInfinity).softmax(-1).matmul(v);
    }
}
