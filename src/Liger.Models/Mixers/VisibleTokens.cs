using Liger.Models.Graph;
using Liger.Ops;

namespace Liger.Models.Mixers;

/// <summary>Softmax attention over whatever a visibility lets each token see, in parallel and token by token.</summary>
internal sealed class VisibleTokens(MixerShape shape, Visibility visibility, CacheOptions kept)
{
    /// <summary>Queries that meet all that is held at a time: bounds the memory of a portion.</summary>
    private const int PairwiseTokens = 512;

    internal Tensor Parallel(MixerInput input)
    {
        using var scope = NewDisposeScope();
        return Whole(input).MoveToOuterDisposeScope();
    }

    internal TokenCache NewState(int batch, ScalarType dtype, Device device) => new(batch, shape.KvHeads, [kept.Column(shape.HeadDim, dtype), kept.Column(shape.HeadDim, dtype)], device);

    internal Tensor Extend(MixerInput input, TokenCache cache)
    {
        using var scope = NewDisposeScope();
        var (tokens, alike) = (input.Keys.shape[1], input.Layout is null && cache.Plain);
        Tensor output;
        if (tokens > 1 && (cache.Held == 0 || (alike && input.HasKernels(visibility))))
        {
            output = Whole(input, cache.Held == 0 ? null : cache);
            if (alike)
                Take(input, cache);
            else
                cache.Append(Kept(input.Keys, input.Values, input.Rotary), input.Layout);
        }
        else
        {
            cache.Append(Kept(input.Keys, input.Values, input.Rotary), input.Layout);
            output = Pairwise(input.Rotary.Apply(input.Queries), cache);
        }
        cache.Trim(visibility);
        return output.MoveToOuterDisposeScope();
    }

    /// <summary>Remembers tokens of rows that are all alike without attending to any.</summary>
    internal void Take(MixerInput input, TokenCache cache)
    {
        using var scope = NewDisposeScope();
        cache.AppendSeen(input.Keys.shape[1], visibility, (from, count) =>
            Kept(input.Keys.narrow(1, from, count), input.Values.narrow(1, from, count), input.Rotary.Slice(from, count)));
        cache.Trim(visibility);
    }

    internal RingCache Recordable(TokenCache cache) => new(cache, visibility);

    internal static Tensor Next(MixerInput input, RingCache ring, Tensor position)
    {
        using var scope = NewDisposeScope();
        ring.Put(Kept(input.Keys, input.Values, input.Rotary), ring.SlotOf(position));
        var (keys, values) = ring.Read(ring.Seen);
        return SoftmaxAttention.Forward(input.Rotary.Apply(input.Queries), keys.transpose(1, 2), values.transpose(1, 2), ring.Valid(position))
            .MoveToOuterDisposeScope();
    }

    internal long StateBytes(long tokens, int elementSize)
    {
        var held = visibility.Window is { } window ? Math.Min(tokens, window - 1 + visibility.Sinks) : tokens;
        return 2 * held * shape.KvHeads * kept.RowBytes(shape.HeadDim, elementSize);
    }

    /// <summary>What a cache takes in.</summary>
    private static IReadOnlyList<Tensor> Kept(Tensor keys, Tensor values, RotaryTable rotary) => [rotary.Apply(keys), values];

    /// <summary>All tokens of an input at once, behind what a cache holds for rows that are all alike; null: nothing came before.</summary>
    private Tensor Whole(MixerInput input, TokenCache? past = null)
    {
        var onKernels = input.HasKernels(visibility);
        // Kernels turn queries and keys themselves; what is turned before it is rounded is turned by nothing.
        if (kept.InInt8 || !onKernels)
        {
            var (keys, values) = kept.Rounded(input.Rotary.Apply(input.Keys), input.Values);
            input = input with { Queries = input.Rotary.Apply(input.Queries), Keys = keys, Values = values, Rotary = onKernels ? input.Rotary.Still() : input.Rotary };
        }
        var (tokens, before) = (input.Keys.shape[1], past?.Held ?? 0);
        if (past is not null)
            input = Behind(past, input);
        return (onKernels ? input.Attend(input.Window(visibility), null).Output : Attend(input)).narrow(1, before, tokens);
    }

    /// <summary>
    /// The cache's tokens and then the input's, as one sequence. What the cache dropped in between nobody sees, so that distances in the window are what
    /// they were and the sinks come first. The earlier queries are gone: zeros stand for them, and their outputs are not used.
    /// </summary>
    private static MixerInput Behind(TokenCache past, MixerInput input)
    {
        Tensor After(Tensor kept, Tensor added) => cat([kept.transpose(1, 2), added], 1);
        var queries = nn.functional.pad(input.Queries, [0, 0, 0, 0, past.Held, 0]);
        return new MixerInput(queries, After(past[0], input.Keys), After(past[1], input.Values), input.Rotary.After(past.Held));
    }

    /// <summary>Queries and keys are turned already.</summary>
    private Tensor Attend(MixerInput input)
    {
        var (q, k, v) = (input.Queries, input.Keys, input.Values);
        if (visibility.Window is not null)
            return WindowAttention.Forward(q, k, v, visibility, input.Layout?.Positions, input.Layout?.Documents);
        var mask = input.Layout is { } layout ? visibility.Mask(layout.Positions, layout.Positions, layout.Documents, layout.Documents) : null;
        return CausalAttention.Forward(q, k, v, mask);
    }

    /// <summary>The last tokens of a cache meet what it holds, some at a time; a single one of rows that are alike sees everything.</summary>
    private Tensor Pairwise(Tensor queries, TokenCache cache)
    {
        var (keys, values, tokens) = (cache[0].transpose(1, 2), cache[1].transpose(1, 2), queries.shape[1]);
        if (tokens == 1 && cache.Plain)
            return SoftmaxAttention.Forward(queries, keys, values, null);
        // Rows that are alike hold neighbours behind their sinks, so that places in the cache do for positions.
        var near = cache.Plain && visibility.Window is not null;
        var mask = near ? null : cache.Mask(visibility, tokens);
        var outputs = new List<Tensor>();
        for (long from = 0; from < tokens; from += PairwiseTokens)
        {
            var count = Math.Min(PairwiseTokens, tokens - from);
            var part = queries.narrow(1, from, count);
            if (!near)
            {
                outputs.Add(SoftmaxAttention.Forward(part, keys, values, mask!.narrow(-2, from, count)));
                continue;
            }
            var at = cache.Held - tokens + from;
            var held = new SegmentKeys(visibility, at, count, null, queries.device);
            var seen = visibility.Mask(arange(at, at + count, device: queries.device), held.Positions);
            outputs.Add(SoftmaxAttention.Forward(part, held.Take(keys, 1), held.Take(values, 1), seen));
        }
        return outputs.Count == 1 ? outputs[0] : cat(outputs, 1);
    }
}
