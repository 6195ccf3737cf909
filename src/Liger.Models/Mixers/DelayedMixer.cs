using Liger.Ops;

namespace Liger.Models.Mixers;

/// <summary>
/// A recurrence that sees each key only when it has left the window, and never the sinks: what the window shows is not in the state. Keys, values
/// and gates enter <c>window</c> tokens late, each query meets the state of its own time.
/// </summary>
internal sealed class DelayedMixer : TokenMixer
{
    private readonly RecurrentMixer recurrence;
    private readonly WindowOptions window;
    private readonly CacheOptions kept;
    private readonly MixerShape shape;

    /// <param name="recurrence">The recurrence.</param>
    /// <param name="window">What it is kept from seeing.</param>
    /// <param name="kept">How keys and values are kept meanwhile; these are rounded before rotary embedding.</param>
    /// <param name="options">The recurrence's options.</param>
    /// <param name="shape">The layer's sizes.</param>
    /// <exception cref="ModelException">An option for which a key's own time and its query's would have to be told apart.</exception>
    internal DelayedMixer(RecurrentMixer recurrence, WindowOptions window, CacheOptions kept, IEnumerable<object> options, MixerShape shape)
    {
        (this.recurrence, this.window, this.kept, this.shape) = (recurrence, window, kept, shape);
        foreach (var option in options)
            if (option is RotaryOptions { Rope: true })
                throw new ModelException("mixer liger: covers-window false and rope true exclude each other: delayed keys would be turned by their query's position. Leave one of them out.");
            else if (option is GateOptions { GateSource: GateSource.Query })
                throw new ModelException("mixer liger: covers-window false and gate-source query exclude each other: a delayed key would fade by a later token's gate. Leave one of them out.");
    }

    /// <inheritdoc/>
    public override IEnumerable<(string Name, MixerParameter Parameter)> Parameters => recurrence.Parameters;

    private long First => window.Window + window.Sinks;

    /// <inheritdoc/>
    public override Tensor Parallel(MixerInput input)
    {
        using var scope = NewDisposeScope();
        var tokens = input.Keys.shape[1];
        var positions = input.Layout?.Positions ?? arange(tokens, device: input.Keys.device).unsqueeze(0);
        Tensor Late(Tensor x) => nn.functional.pad(kept.Rounded(x), [0, 0, 0, 0, window.Window, 0]).narrow(1, 0, tokens);
        return recurrence.Parallel(input with { Keys = Late(input.Keys), Values = Late(input.Values), Silent = positions.lt(First) }).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override MixerState NewState(int batch, ScalarType dtype, Device device) => new JointState(
    [
        ("late", new TokenCache(batch, shape.KvHeads, [kept.Column(shape.HeadDim, dtype), kept.Column(shape.HeadDim, dtype)], device)),
        ("state", recurrence.NewState(batch, dtype, device)),
    ]);

    /// <inheritdoc/>
    public override Tensor Extend(MixerInput input, MixerState state)
    {
        using var scope = NewDisposeScope();
        var parts = (JointState)state;
        var cache = (TokenCache)parts[0];
        cache.Append([input.Keys, input.Values], input.Layout);
        var (tensors, present) = cache.Before(window.Window, window.Sinks, input.Keys.shape[1]);
        cache.Trim(new Visibility(window.Window + 1));
        return recurrence.Extend(
            input with { Keys = tensors[0].transpose(1, 2), Values = tensors[1].transpose(1, 2), Silent = present.logical_not() }, parts[1]).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override IReadOnlyList<HeadView> Look(MixerInput input) => recurrence.Look(input);

    /// <inheritdoc/>
    public override long StateBytes(long tokens, int elementSize) =>
        recurrence.StateBytes(tokens, elementSize) + (2 * Math.Min(tokens, window.Window) * shape.KvHeads * kept.RowBytes(shape.HeadDim, elementSize));
}
