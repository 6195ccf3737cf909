using Liger.Models.Graph;
using Liger.Ops;

namespace Liger.Models.Mixers;

/// <summary>
/// What mixers with one denominator over window and state share: the ring of the window's keys, the state of what has left it, documents, and
/// segments that bound memory. Within a segment all pairs are met; between segments far keys are summed up.
/// </summary>
public abstract class JointlyNormalizedMixer : TokenMixer
{
    /// <summary>Tokens met pairwise at a time.</summary>
    private const int Segment = 1024;

    private const int Keys = 0, Values = 1;

    private readonly Visibility visibility;
    private readonly CacheOptions kept;
    private readonly JointMap map;
    private readonly bool rope;
    private readonly WriteGate? gate;
    private readonly MixerShape shape;

    private protected JointlyNormalizedMixer(WindowOptions window, CacheOptions kept, JointMap map, bool rope, WriteGate? gate, MixerShape shape)
    {
        (visibility, this.kept, this.map, this.rope, this.gate, this.shape) = (new Visibility(window.Window, window.Sinks), kept, map, rope, gate, shape);
    }

    /// <inheritdoc/>
    public override IEnumerable<(string Name, MixerParameter Parameter)> Parameters => [.. map.Parameters, .. gate?.Parameters ?? []];

    /// <inheritdoc/>
    public override Tensor Parallel(MixerInput input) => Parallel(input, JointAttention.Forward);

    /// <inheritdoc/>
    /// <remarks>The window's share is its part of the denominator.</remarks>
    public override IReadOnlyList<HeadView> Look(MixerInput input) =>
        HeadView.Split(input.Keys.shape[2], null, Parallel(input, JointAttention.WindowShare).squeeze(-1));

    private Tensor Parallel(MixerInput input, Attending attend)
    {
        using var scope = NewDisposeScope();
        var terms = Terms.Of(input, rope, gate).Rounded(kept);
        var tokens = input.Queries.shape[1];
        var (layout, device) = (input.Layout, input.Queries.device);
        var outputs = new List<Tensor>();
        var state = Empty(input.Queries.shape[0], RecurrentMixer.Accumulator(input.Queries), device);
        // Sinks are never summed up; without a layout they are the first tokens.
        var (summed, owner) = (layout is null ? Math.Min(visibility.Sinks, tokens) : 0, (Tensor?)null);
        for (long from = 0; from < tokens; from += Segment)
        {
            var count = Math.Min(Segment, tokens - from);
            // The state is of the document that the segment begins in: others reach no query from before it.
            var document = layout?.Documents.narrow(1, from, 1);
            if (owner is not null)
                state = state * document!.eq(owner).to(state.dtype).view(-1, 1, 1, 1);
            owner = document;
            var keys = new SegmentKeys(visibility, from, count, layout, device);
            // All keys before those at hand have left every window.
            if (keys.Start > summed)
            {
                var gone = keys.Start - summed;
                var own = layout?.Documents.narrow(1, summed, gone).eq(document!);
                var present = own?.logical_and(layout!.Positions.narrow(1, summed, gone).ge(visibility.Sinks));
                state = state + Sum([.. terms.Part(summed, gone).Stored.Select(x => x.transpose(1, 2))], present);
                summed = keys.Start;
            }
            var queries = terms.Part(from, count);
            var documents = layout?.Documents.narrow(1, from, count);
            var at = layout?.Positions.narrow(1, from, count) ?? arange(from, from + count, device: device);
            var carried = from == 0 ? null : new CarriedKeys(map.Queries(queries.FarQueries), state, documents?.eq(document!));
            var near = visibility.Mask(at, keys.Positions, documents, keys.Documents);
            var far = default(Visibility).Mask(at, keys.Positions, documents, keys.Documents).logical_and(near.logical_not());
            outputs.Add(Attend(queries, terms.At(keys), near, far, carried, attend));
        }
        return cat(outputs, 1).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override MixerState NewState(int batch, ScalarType dtype, Device device)
    {
        var type = dtype == float64 ? float64 : float32;
        List<CacheColumn> columns = [.. Enumerable.Repeat(kept.Column(shape.HeadDim, dtype), rope ? 2 : 3)];
        if (gate is not null)
            columns.Add(new CacheColumn(1, type));
        return new JointState([("window", new TokenCache(batch, shape.KvHeads, columns, device)), ("state", new RecurrentState(Empty(batch, type, device)))]);
    }

    /// <inheritdoc/>
    public override Tensor Extend(MixerInput input, MixerState state)
    {
        using var scope = NewDisposeScope();
        var parts = (JointState)state;
        var (cache, sums) = ((TokenCache)parts[0], (RecurrentState)parts[1]);
        var terms = Terms.Of(input, rope, gate);
        var outputs = new List<Tensor>();
        for (long from = 0, tokens = input.Queries.shape[1]; from < tokens; from += Segment)
        {
            var count = Math.Min(Segment, tokens - from);
            using var layout = from == 0 && count == tokens ? null : input.Layout?.Slice(from, count);
            outputs.Add(Extend(terms.Part(from, count), layout ?? input.Layout, cache, sums));
        }
        return cat(outputs, 1).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override long StateBytes(long tokens, int elementSize)
    {
        var held = Math.Min(tokens, visibility.Window!.Value - 1 + visibility.Sinks);
        var aToken = ((rope ? 2L : 3L) * kept.RowBytes(shape.HeadDim, elementSize)) + (gate is null ? 0 : sizeof(float));
        return shape.KvHeads * ((held * aToken) + (map.Width * (shape.HeadDim + 1) * sizeof(float)));
    }

    /// <summary>[H]: the logarithm of the factor on a window whose scores are taken relative to their largest; null: e^s as it is.</summary>
    private protected virtual Tensor? WindowLog() => null;

    private Tensor Extend(Terms terms, SequenceLayout? layout, TokenCache cache, RecurrentState sums)
    {
        using var scope = NewDisposeScope();
        var tokens = terms.Queries.shape[1];
        var before = cache.Documents();
        cache.Append(terms.Stored, layout);
        var near = cache.Mask(visibility, tokens);
        var far = cache.Mask(default, tokens).logical_and(near.logical_not());
        var (documents, _) = cache.Places();
        var present = cache.Plain ? null : documents.narrow(1, cache.Held - tokens, tokens).eq(before);
        var output = Attend(terms, Held(cache), near, far, new CarriedKeys(map.Queries(terms.FarQueries), sums.Matrices[0], present), JointAttention.Forward);
        if (!cache.Plain)
            sums.Keep(cache.Documents().eq(before));
        if (cache.Trim(visibility) is { } left)
            sums.Matrices[0].add_(Sum(left.Tensors, left.Present));
        return output.MoveToOuterDisposeScope();
    }

    private Tensor Attend(Terms queries, Terms keys, Tensor near, Tensor far, CarriedKeys? carried, Attending attend)
    {
        Tensor Kernel(Tensor scores)
        {
            // The quadratic kernel is made of the scores; without rotary embedding those are others than the softmax's.
            var own = rope ? scores : (queries.FarQueries.to(scores.dtype).unflatten(2, shape.KvHeads, -1).permute(0, 2, 3, 1, 4) * (1 / Math.Sqrt(shape.HeadDim)))
                .matmul(keys.FarKeys.to(scores.dtype).permute(0, 2, 3, 1).unsqueeze(2));
            return map.Kernel(own, queries.FarQueries, keys.FarKeys);
        }

        return attend(queries.Queries, keys.Keys, keys.Values, near, new FarKeys(far, Kernel, keys.Write?.squeeze(-1), carried), WindowLog());
    }

    private Terms Held(TokenCache cache)
    {
        Tensor Of(int index) => cache[index].transpose(1, 2);
        var raw = rope ? null : Of(2);
        return new Terms(Of(Keys), Of(Keys), Of(Values), Of(Keys), raw ?? Of(Keys), gate is null ? null : Of(rope ? 2 : 3), raw is not null);
    }

    private Tensor Sum(IReadOnlyList<Tensor> stored, Tensor? present)
    {
        var features = map.Keys(stored[rope ? Keys : 2].transpose(1, 2)).transpose(1, 2);
        return JointAttention.Sum(features, stored[Values], gate is null ? null : stored[^1], present);
    }

    private Tensor Empty(long batch, ScalarType type, Device device) => zeros([batch, shape.KvHeads, map.Width, shape.HeadDim + 1], type, device);

    /// <summary>What is computed over near and far keys: <see cref="JointAttention.Forward"/> or another view of the same.</summary>
    private delegate Tensor Attending(Tensor q, Tensor k, Tensor v, Tensor near, FarKeys far, Tensor? windowLog);

    /// <summary>Projections as the two parts take them.</summary>
    private sealed record Terms(Tensor Queries, Tensor Keys, Tensor Values, Tensor FarQueries, Tensor FarKeys, Tensor? Write, bool Apart)
    {
        /// <summary>What a cache keeps of the keys' side.</summary>
        internal IReadOnlyList<Tensor> Stored => [Keys, Values, .. Apart ? [FarKeys] : Array.Empty<Tensor>(), .. Write is null ? Array.Empty<Tensor>() : [Write]];

        internal static Terms Of(MixerInput input, bool rope, WriteGate? gate)
        {
            var (q, k) = (input.Rotary.Apply(input.Queries), input.Rotary.Apply(input.Keys));
            return new Terms(q, k, input.Values, rope ? q : input.Queries, rope ? k : input.Keys, gate?.Of(input.Keys), !rope);
        }

        /// <summary>As a cache gives them back.</summary>
        internal Terms Rounded(CacheOptions kept)
        {
            var k = kept.Rounded(Keys);
            return this with { Keys = k, Values = kept.Rounded(Values), FarKeys = Apart ? kept.Rounded(FarKeys) : k };
        }

        /// <summary>Of the keys at hand.</summary>
        internal Terms At(SegmentKeys keys)
        {
            var k = keys.Take(Keys, 1);
            return this with
            {
                Keys = k,
                Values = keys.Take(Values, 1),
                FarKeys = Apart ? keys.Take(FarKeys, 1) : k,
                Write = Write is null ? null : keys.Take(Write, 1),
            };
        }

        internal Terms Part(long from, long count)
        {
            Tensor Some(Tensor x) => x.narrow(1, from, count);
            return new Terms(Some(Queries), Some(Keys), Some(Values), Some(FarQueries), Some(FarKeys), Write is null ? null : Some(Write), Apart);
        }
    }
}
