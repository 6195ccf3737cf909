using Liger.Ops;

namespace Liger.Models.Mixers;

/// <summary>Softmax attention over whatever a visibility lets each token see, in parallel and token by token.</summary>
internal sealed class VisibleTokens(MixerShape shape, Visibility visibility, CacheOptions kept)
{
    internal Tensor Parallel(MixerInput input)
    {
        using var scope = NewDisposeScope();
        return Whole(input).MoveToOuterDisposeScope();
    }

    internal TokenCache NewState(int batch, ScalarType dtype, Device device) => new(batch, shape.KvHeads, [kept.Column(shape.HeadDim, dtype), kept.Column(shape.HeadDim, dtype)], device);

    internal Tensor Extend(MixerInput input, TokenCache cache)
    {
        using var scope = NewDisposeScope();
        var tokens = input.Keys.shape[1];
        var fresh = cache.Held == 0;
        cache.Append([input.Rotary.Apply(input.Keys), input.Values], input.Layout);
        // A first prompt is seen whole and may use blocks; of rows that are alike, a single token sees everything that is kept.
        Tensor output;
        if (fresh && tokens > 1)
        {
            output = Whole(input);
        }
        else
        {
            var mask = tokens == 1 && cache.Plain ? null : cache.Mask(visibility, tokens);
            output = SoftmaxAttention.Forward(input.Rotary.Apply(input.Queries), cache[0].transpose(1, 2), cache[1].transpose(1, 2), mask);
        }
        cache.Trim(visibility);
        return output.MoveToOuterDisposeScope();
    }

    internal RingCache Recordable(TokenCache cache) => new(cache, visibility);

    internal static Tensor Next(MixerInput input, RingCache ring, Tensor position)
    {
        using var scope = NewDisposeScope();
        ring.Put(input.Rotary.Apply(input.Keys), input.Values, position);
        var (keys, values) = ring.Read();
        return SoftmaxAttention.Forward(input.Rotary.Apply(input.Queries), keys.transpose(1, 2), values.transpose(1, 2), ring.Valid(position))
            .MoveToOuterDisposeScope();
    }

    internal long StateBytes(long tokens, int elementSize)
    {
        var held = visibility.Window is { } window ? Math.Min(tokens, window - 1 + visibility.Sinks) : tokens;
        return 2 * held * shape.KvHeads * kept.RowBytes(shape.HeadDim, elementSize);
    }

    private Tensor? OnKernels(MixerInput input) => input.HasKernels(visibility) ? input.Attend(input.Window(visibility), null).Output : null;

    /// <summary>All tokens of an input at once.</summary>
    private Tensor Whole(MixerInput input)
    {
        if (!kept.InInt8)
            return OnKernels(input) ?? Attend(input.Rotary.Apply(input.Queries), input.Rotary.Apply(input.Keys), input);
        var rounded = input with { Keys = kept.Rounded(input.Rotary.Apply(input.Keys)), Values = kept.Rounded(input.Values), Queries = input.Rotary.Apply(input.Queries) };
        // Kernels turn queries and keys themselves; what was turned before it was rounded is turned by nothing.
        return OnKernels(rounded with { Rotary = input.Rotary.Still() }) ?? Attend(rounded.Queries, rounded.Keys, rounded);
    }

    private Tensor Attend(Tensor q, Tensor k, MixerInput input)
    {
        if (visibility.Window is not null)
            return WindowAttention.Forward(q, k, input.Values, visibility, input.Layout?.Positions, input.Layout?.Documents);
        var mask = input.Layout is { } layout ? visibility.Mask(layout.Positions, layout.Positions, layout.Documents, layout.Documents) : null;
        return CausalAttention.Forward(q, k, input.Values, mask);
    }
}
