using Liger.Ops;

namespace Liger.Models.Mixers;

/// <summary>The original attention of the checkpoint: the base layer's own sliding window, where it has one, is kept.</summary>
[TokenMixer("softmax", "softmax over all earlier tokens: the original attention", "Vaswani et al. 2017, arXiv 1706.03762",
    Formula = "o_t = Σ_{j≤t} softmax_j(q_t·k_j/√D) v_j")]
public sealed class SoftmaxMixer(CacheOptions cache, MixerShape shape) : TokenMixer
{
    private readonly VisibleTokens visible = new(shape, new Visibility(shape.SlidingWindow), cache);

    /// <summary>How keys and values are kept.</summary>
    public CacheOptions Cache { get; } = cache;

    /// <inheritdoc/>
    public override Tensor Parallel(MixerInput input) => visible.Parallel(input);

    /// <inheritdoc/>
    public override MixerState NewState(int batch, ScalarType dtype, Device device) => visible.NewState(batch, dtype, device);

    /// <inheritdoc/>
    public override Tensor Extend(MixerInput input, MixerState state) => visible.Extend(input, (TokenCache)state);

    /// <inheritdoc/>
    public override long StateBytes(long tokens, int elementSize) => visible.StateBytes(tokens, elementSize);
}
