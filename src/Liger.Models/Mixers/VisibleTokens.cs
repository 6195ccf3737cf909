using Liger.Ops;

namespace Liger.Models.Mixers;

/// <summary>Softmax attention over whatever a visibility lets each token see, in parallel and token by token.</summary>
internal sealed class VisibleTokens(MixerShape shape, Visibility visibility)
{
    internal Tensor Parallel(MixerInput input)
    {
        if (OnKernels(input) is { } attended)
            return attended;
        using var scope = NewDisposeScope();
        return Attend(input.Rotary.Apply(input.Keys), input).MoveToOuterDisposeScope();
    }

    internal TokenCache NewState(int batch, ScalarType dtype, Device device) => new(batch, shape.KvHeads, [shape.HeadDim, shape.HeadDim], [dtype, dtype], device);

    internal Tensor Extend(MixerInput input, TokenCache cache)
    {
        using var scope = NewDisposeScope();
        var k = input.Rotary.Apply(input.Keys);
        var tokens = k.shape[1];
        var fresh = cache.Held == 0;
        cache.Append([k, input.Values], input.Layout);
        // A first prompt is seen whole and may use blocks; of rows that are alike, a single token sees everything that is kept.
        Tensor output;
        if (fresh && tokens > 1)
        {
            output = OnKernels(input) ?? Attend(k, input);
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
        return SoftmaxAttention.Forward(input.Rotary.Apply(input.Queries), ring.Keys.transpose(1, 2), ring.Values.transpose(1, 2), ring.Valid(position))
            .MoveToOuterDisposeScope();
    }

    internal long StateBytes(long tokens, int elementSize)
    {
        var held = visibility.Window is { } window ? Math.Min(tokens, window - 1 + visibility.Sinks) : tokens;
        return 2 * held * shape.KvHeads * shape.HeadDim * elementSize;
    }

    private Tensor? OnKernels(MixerInput input) => input.HasKernels(visibility) ? input.Attend(input.Window(visibility), null).Output : null;

    private Tensor Attend(Tensor k, MixerInput input)
    {
        var q = input.Rotary.Apply(input.Queries);
        if (visibility.Window is not null)
            return WindowAttention.Forward(q, k, input.Values, visibility, input.Layout?.Positions, input.Layout?.Documents);
        var mask = input.Layout is { } layout ? visibility.Mask(layout.Positions, layout.Positions, layout.Documents, layout.Documents) : null;
        return CausalAttention.Forward(q, k, input.Values, mask);
    }
}
