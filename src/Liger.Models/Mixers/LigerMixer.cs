namespace Liger.Models.Mixers;

/// <summary>Options of the mixture.</summary>
public sealed record MixOptions
{
    /// <summary>Weight of the window; the recurrent branch has the rest. The published models have 0.5.</summary>
    [OptionRange(0, 1, "weight of the window; the recurrence has the rest")]
    public double Mix { get; init; } = 0.5;
}

/// <summary>
/// Liger attention: mix · window + (1 − mix) · recurrence over the same queries, keys and values, the window with rotary embedding and the
/// recurrence without (Lan et al. 2025, arXiv 2503.01496, eq. 10). Differs: decoding keeps the window's keys and values, which the
/// published code drops; each branch is rounded to the model's dtype before mixing, where the published code mixes in fp32.
/// </summary>
/// <param name="options">The weights.</param>
/// <param name="window">The softmax branch.</param>
/// <param name="recurrence">The recurrent branch.</param>
public sealed class LigerMixer(MixOptions options, TokenMixer window, TokenMixer recurrence) : TokenMixer
{
    /// <summary>The weights.</summary>
    public MixOptions Options { get; } = options;

    /// <inheritdoc/>
    public override Tensor Parallel(MixerInput input)
    {
        using var scope = NewDisposeScope();
        return Mixed(window.Parallel(input), recurrence.Parallel(input)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override MixerState NewState(int batch, ScalarType dtype, Device device) =>
        new JointState([("window", window.NewState(batch, dtype, device)), ("recurrence", recurrence.NewState(batch, dtype, device))]);

    /// <inheritdoc/>
    public override Tensor Extend(MixerInput input, MixerState state)
    {
        using var scope = NewDisposeScope();
        var pair = (JointState)state;
        return Mixed(window.Extend(input, pair[0]), recurrence.Extend(input, pair[1])).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override long StateBytes(long tokens, int elementSize) =>
        window.StateBytes(tokens, elementSize) + recurrence.StateBytes(tokens, elementSize);

    private Tensor Mixed(Tensor near, Tensor far) => near.mul(Options.Mix).add(far, 1 - Options.Mix);
}
