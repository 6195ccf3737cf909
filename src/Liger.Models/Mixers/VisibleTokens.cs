using Liger.Ops;

namespace Liger.Models.Mixers;

/// <summary>Softmax attention over whatever a visibility lets each token see, in parallel and token by token.</summary>
internal sealed class VisibleTokens(MixerShape shape, Visibility visibility)
{
    internal Tensor Parallel(MixerInput input)
    {
        using var scope = NewDisposeScope();
        var (q, k) = (input.Rotary.Apply(input.Queries), input.Rotary.Apply(input.Keys));
        return Attend(q, k, input).MoveToOuterDisposeScope();
    }

    internal KeyValueCache NewState(int batch, ScalarType dtype, Device device)
    {
        var capacity = visibility.Window is { } window ? window + visibility.Sinks : 64;
        long[] size = [batch, shape.KvHeads, capacity, shape.HeadDim];
        return new KeyValueCache(empty(size, dtype, device), empty(size, dtype, device), visibility.Window, visibility.Sinks);
    }

    internal Tensor Extend(MixerInput input, KeyValueCache cache)
    {
        using var scope = NewDisposeScope();
        var (q, k) = (input.Rotary.Apply(input.Queries), input.Rotary.Apply(input.Keys));
        var tokens = q.shape[1];
        var fresh = cache.Seen == 0;
        var before = cache.Positions;
        var (keys, values) = cache.Append(k, input.Values);
        // A first prompt is seen whole and may use blocks; a single token sees everything that is kept.
        Tensor output;
        if (fresh && tokens > 1)
        {
            output = Attend(q, k, input);
        }
        else
        {
            var mask = tokens == 1 ? null : Mask(before, cache.Seen - tokens, tokens, q.device);
            output = SoftmaxAttention.Forward(q, keys.transpose(1, 2), values.transpose(1, 2), mask);
        }
        cache.Trim();
        return output.MoveToOuterDisposeScope();
    }

    internal long StateBytes(long tokens, int elementSize)
    {
        var held = visibility.Window is { } window ? Math.Min(tokens, window - 1 + visibility.Sinks) : tokens;
        return 2 * held * shape.KvHeads * shape.HeadDim * elementSize;
    }

    private Tensor Attend(Tensor q, Tensor k, MixerInput input)
    {
        if (visibility.Window is not null)
            return WindowAttention.Forward(q, k, input.Values, visibility, input.Layout?.Positions, input.Layout?.Documents);
        var mask = input.Layout is { } layout ? visibility.Mask(layout.Positions, layout.Positions, layout.Documents, layout.Documents) : null;
        return CausalAttention.Forward(q, k, input.Values, mask);
    }

    private Tensor Mask(long[] before, long from, long tokens, Device device)
    {
        var added = arange(from, from + tokens, device: device);
        return visibility.Mask(added, cat([torch.tensor(before, device: device), added]));
    }
}
