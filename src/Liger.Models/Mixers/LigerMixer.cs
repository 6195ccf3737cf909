using Liger.Ops;
using Liger.Ops.Cuda;

namespace Liger.Models.Mixers;

/// <summary>How window and recurrence are weighed.</summary>
public enum Mixture
{
    /// <summary>The same weight everywhere.</summary>
    Fixed,

    /// <summary>A weight for each query head, learned.</summary>
    Learned,
}

/// <summary>Options of the mixture.</summary>
public sealed record MixOptions
{
    /// <summary>Fixed by default.</summary>
    [OptionMeaning("weights of window and recurrence: fixed, or one for each query head that can be trained")]
    public Mixture Mixture { get; init; }

    /// <summary>Fixed weight of the window; the recurrent branch has the rest. The published models have 0.5.</summary>
    [OptionRange(0, 1, "fixed weight of the window; the recurrence has the rest")]
    public double Mix { get; init; } = 0.5;

    /// <summary>Learned weight of the window before training: near the window, which alone loses least.</summary>
    [OptionRange(0.001, 0.999, "learned weight of the window before training")]
    public double InitialMix { get; init; } = 0.98;

    /// <summary>Whether the recurrence also sees the tokens inside the window, as in the published models; false: only what has left it, no sinks.</summary>
    [OptionMeaning("whether the recurrence also sees what the window shows")]
    public bool CoversWindow { get; init; } = true;
}

/// <summary>
/// Liger attention: mix · window + (1 − mix) · recurrence over the same queries, keys and values, the window with rotary embedding and the
/// recurrence without (Lan et al. 2025, arXiv 2503.01496, eq. 10). A learned mix is σ(a_h) for query head h, a declared parameter
/// "mix" [H]. Differs: decoding keeps the window's keys and values, which the
/// published code drops; each branch is rounded to the model's dtype before mixing, where the published code mixes in fp32.
/// </summary>
public sealed class LigerMixer : TokenMixer, IRecordableMixer
{
    /// <summary>Below it a norm is nothing.</summary>
    private const double SmallestNorm = 1e-30;

    private readonly MixOptions options;
    private readonly TokenMixer window;
    private readonly TokenMixer recurrence;
    private readonly MixerParameter? weights;

    /// <param name="options">The weights.</param>
    /// <param name="window">The softmax branch.</param>
    /// <param name="recurrence">The recurrent branch.</param>
    /// <param name="shape">The layer's sizes.</param>
    /// <exception cref="ModelException">A weight for the other kind of mixture.</exception>
    public LigerMixer(MixOptions options, TokenMixer window, TokenMixer recurrence, MixerShape shape)
    {
        var defaults = new MixOptions();
        if (options.Mixture == Mixture.Learned && options.Mix != defaults.Mix)
            throw new ModelException("mixer liger: mixture learned and mix exclude each other — expected initial-mix, where learning begins, or mixture fixed.");
        if (options.Mixture == Mixture.Fixed && options.InitialMix != defaults.InitialMix)
            throw new ModelException("mixer liger: mixture fixed and initial-mix exclude each other — expected mix, or mixture learned.");
        (this.options, this.window, this.recurrence) = (options, window, recurrence);
        if (options.Mixture == Mixture.Learned)
            weights = new MixerParameter([shape.Heads], () => full([shape.Heads], Math.Log(options.InitialMix / (1 - options.InitialMix))));
    }

    /// <inheritdoc/>
    public override IEnumerable<(string Name, MixerParameter Parameter)> Parameters =>
        [.. weights is null ? Array.Empty<(string, MixerParameter)>() : [("mix", weights)], .. window.Parameters, .. recurrence.Parameters];

    /// <inheritdoc/>
    public override Tensor Parallel(MixerInput input)
    {
        if (AsOne(input, null) is var (output, _))
            return output;
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
        if (input.Layout is null && input.Queries.shape[1] > 1
            && pair[0] is TokenCache { Held: 0, Plain: true } cache && pair[1] is RecurrentState memory && AsOne(input, memory.Matrices[0]) is var (output, last))
        {
            memory.Matrices = [last!];
            ((WindowMixer)window).Take(input, cache);
            return output.MoveToOuterDisposeScope();
        }
        return Mixed(window.Extend(input, pair[0]), recurrence.Extend(input, pair[1])).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    /// <remarks>The window's share is that of its weighed output's norm in the sum of both norms.</remarks>
    public override IReadOnlyList<HeadView> Look(MixerInput input)
    {
        var (near, far) = (window.Parallel(input), recurrence.Parallel(input));
        var nothing = zeros_like(near);
        Tensor Norm(Tensor part) => part.to(RecurrentMixer.Accumulator(part)).norm(-1);
        var (ofNear, ofFar) = (Norm(Mixed(near, nothing)), Norm(Mixed(nothing, far)));
        var shares = HeadView.Split(input.Keys.shape[2], null, ofNear / (ofNear + ofFar).clamp_min(SmallestNorm));
        return [.. recurrence.Look(input).Zip(shares, (view, share) => view with { WindowShare = share.WindowShare })];
    }

    /// <inheritdoc/>
    bool IRecordableMixer.CanRecord => window is IRecordableMixer { CanRecord: true } && recurrence is IRecordableMixer { CanRecord: true };

    /// <inheritdoc/>
    MixerState IRecordableMixer.Recordable(MixerState state)
    {
        var pair = (JointState)state;
        return new JointState([("window", ((IRecordableMixer)window).Recordable(pair[0])), ("recurrence", ((IRecordableMixer)recurrence).Recordable(pair[1]))]);
    }

    /// <inheritdoc/>
    Tensor IRecordableMixer.Next(MixerInput input, MixerState recordable, Tensor position)
    {
        using var scope = NewDisposeScope();
        var pair = (JointState)recordable;
        if (weights is null && recurrence is RecurrentMixer { KeyGated: { } gated } && pair[0] is RingCache { Column.InInt8: false } ring && LigerStepKernel.Serves(input.Queries, input.Keys, ring.Seen))
            return LigerStepKernel.Run(input.Queries, input.Keys, input.Values, (input.Rotary.Cos, input.Rotary.Sin), (ring.Stored[0][0], ring.Stored[0][1]),
                ((RecurrentState)pair[1]).Matrices[0], position, new Visibility(ring.Window, ring.Sinks), gated, options.Mix).MoveToOuterDisposeScope();
        return Mixed(((IRecordableMixer)window).Next(input, pair[0], position), ((IRecordableMixer)recurrence).Next(input, pair[1], position)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    void IRecordableMixer.Return(MixerState recordable, MixerState state, long position)
    {
        var (pair, resting) = ((JointState)recordable, (JointState)state);
        ((IRecordableMixer)window).Return(pair[0], resting[0], position);
        ((IRecordableMixer)recurrence).Return(pair[1], resting[1], position);
    }

    /// <inheritdoc/>
    public override long StateBytes(long tokens, int elementSize) =>
        window.StateBytes(tokens, elementSize) + recurrence.StateBytes(tokens, elementSize);

    /// <summary>Both branches as one operation on kernels, from a state of the recurrence on; null: they have none.</summary>
    private (Tensor Output, Tensor? State)? AsOne(MixerInput input, Tensor? initial) =>
        weights is null && window is WindowMixer { Cache.InInt8: false } near && recurrence is LinearAttentionMixer { Branch: { } far }
        && input.HasKernels(near.Visibility)
            ? input.Attend(input.Window(near.Visibility) with { Weight = options.Mix }, far with { Weight = 1 - options.Mix, Initial = initial })
            : null;

    private Tensor Mixed(Tensor near, Tensor far) => weights is null
        ? near.mul(options.Mix).add(far, 1 - options.Mix)
        : far + ((near - far) * weights.Value.to(RecurrentMixer.Accumulator(near)).sigmoid().to(near.dtype).unsqueeze(-1));
}
