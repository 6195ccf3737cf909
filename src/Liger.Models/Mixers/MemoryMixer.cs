using Liger.Models.Graph;
using Liger.Ops;

namespace Liger.Models.Mixers;

/// <summary>Options of the memory behind the window.</summary>
public sealed record MemoryOptions
{
    /// <summary>r: channels that keys and queries are turned into; the state has C(r+p−1, p) features, r(r+1)/2 for p = 2.</summary>
    [OptionRange(1, 128, "channels of the memory's keys; with degree 2 its state has r(r+1)/2 rows")]
    public int MemoryRank { get; init; } = 22;

    /// <summary>p: the power of the cosine by which a query and a key are alike. A higher one keeps keys apart in fewer channels.</summary>
    [OptionRange(1, 4, "power of the cosine of query and key in the memory; with 3 its state has r(r+1)(r+2)/6 rows")]
    public int MemoryDegree { get; init; } = 2;

    /// <summary>γ: how little what is hardly in the memory counts; 1 is its share.</summary>
    [OptionRange(1, 8, "how little what is hardly in the memory counts; 1 is its share")]
    public double MemorySharpness { get; init; } = 1;

    /// <summary>b before training, a logarithm as scores are: what is surely in the memory outweighs the window.</summary>
    [OptionRange(-20, 20, "weight of the memory before training, as a logarithm")]
    public double MemoryWeight { get; init; } = 8;
}

/// <summary>
/// Softmax over window and sinks beside a memory of what has left the window, which counts as one key (<see cref="MemoryAttention"/>). A key that
/// leaves is written by the delta rule under φ(k), powers of rotated keys' cosines (<see cref="CosinePowers"/>), with the strength
/// σ(score) of <see cref="KeyScore"/>, and the value [v, 1]: S ← S + σ φ(k)([v, 1] − Sᵀφ(k))ᵀ. Queries read [m, c] = Sᵀφ(q) and weigh it with
/// b = u_h·q + b_h and its sharpness γ. It starts near the window: the score starts at −‖k‖, so that little is written. Declares "score", "score-bias",
/// "feature-query", "feature-key", "memory-query" [H,D] (u, from 0) and "memory-weight" [H] (b).
/// </summary>
/// <remarks>The delta rule is Schlag et al. 2021, arXiv 2102.11174; memory and softmax under one denominator follow Zhang et al. 2024, arXiv 2410.10254. What is
/// written with each value to tell how much of it is there, and the gate fitted to future attention, are our own.</remarks>
[TokenMixer("memory", "window beside a delta-rule memory of keys that will be needed, read as one key more", "after Schlag et al. 2021, arXiv 2102.11174",
    Formula = "o_t = (Σ_near e^s v + w m) / (Σ_near e^s + w c⁺), w = e^b (c⁺)^(γ−1), [m, c] = Sᵀφ(q), S ← S + σ(score) φ(k)([v, 1] − Sᵀφ(k))ᵀ as k leaves the window")]
public sealed class MemoryMixer : TokenMixer, IRecordableMixer
{
    /// <summary>Queries met with all keys at hand at a time.</summary>
    private const int Segment = 1024;

    private const int Keys = 0, Values = 1, Strengths = 2;

    private readonly Visibility visibility;
    private readonly CacheOptions kept;
    private readonly MixerShape shape;
    private readonly KeyScore score;
    private readonly CosinePowers features;
    private readonly MemoryOptions options;
    private readonly MixerParameter ofQuery;
    private readonly MixerParameter weight;

    /// <param name="window">Window and sinks.</param>
    /// <param name="kept">How the window keeps keys and values.</param>
    /// <param name="options">The memory.</param>
    /// <param name="shape">The layer's sizes.</param>
    public MemoryMixer(WindowOptions window, CacheOptions kept, MemoryOptions options, MixerShape shape)
    {
        (visibility, this.kept, this.options, this.shape) = (new Visibility(window.Window, window.Sinks), kept, options, shape);
        (score, features) = (new KeyScore(shape), new CosinePowers(shape, options.MemoryRank, options.MemoryDegree));
        ofQuery = new MixerParameter([shape.Heads, shape.HeadDim], () => zeros([shape.Heads, shape.HeadDim]));
        weight = new MixerParameter([shape.Heads], () => full([shape.Heads], options.MemoryWeight));
    }

    /// <inheritdoc/>
    public override IEnumerable<(string Name, MixerParameter Parameter)> Parameters =>
        [.. score.Parameters, .. features.Parameters, ("memory-query", ofQuery), ("memory-weight", weight)];

    private int Window => visibility.Window!.Value;

    /// <summary>The cache keeps one token more than the next one sees, which is written when that one comes.</summary>
    private Visibility Trimmed => visibility with { Window = Window + 1 };

    /// <inheritdoc/>
    public override Tensor Parallel(MixerInput input) => Parallel(input, ofWindow: false);

    /// <inheritdoc/>
    /// <remarks>The window's share is its part of the denominator.</remarks>
    public override IReadOnlyList<HeadView> Look(MixerInput input) =>
        // Weights of the softmax, summed up again, can be a hair more than 1.
        HeadView.Split(input.Keys.shape[2], null, Parallel(input, ofWindow: true).select(-1, 0).clamp_max(1));

    /// <param name="input">The projections.</param>
    /// <param name="ofWindow">Whether the near values are all 1 and nothing but how much is there is read from the memory: the output is the window's share then.</param>
    private Tensor Parallel(MixerInput input, bool ofWindow)
    {
        using var scope = NewDisposeScope();
        var terms = Terms.Of(input, score).Rounded(kept);
        var tokens = input.Keys.shape[1];
        var positions = input.Layout?.Positions ?? arange(tokens, device: input.Keys.device);
        Tensor Late(Tensor x) => nn.functional.pad(x, [0, 0, 0, 0, Window, 0]).narrow(1, 0, tokens);
        var (queries, written) = Operands(terms.Queries, [.. terms.Stored.Select(Late)], Padded(positions).ge(Window + visibility.Sinks), input.Layout);
        var (read, _) = DeltaRule.Forward(queries, written.Keys, written.Values, written.Decay, written.Strength, null, Documents(input.Layout));
        var values = ofWindow ? ones_like(terms.Stored[Values]) : terms.Stored[Values];
        if (ofWindow)
            read = nn.functional.pad(read.narrow(-1, shape.HeadDim, 1), [shape.HeadDim, 0]);
        var outputs = new List<Tensor>();
        for (long from = 0; from < tokens; from += Segment)
        {
            var count = Math.Min(Segment, tokens - from);
            Tensor Part(Tensor x) => x.narrow(1, from, count);
            var keys = new SegmentKeys(visibility, from, count, input.Layout, input.Keys.device);
            var documents = input.Layout?.Documents.narrow(1, from, count);
            var near = visibility.Mask(positions.narrow(-1, from, count), keys.Positions, documents, keys.Documents);
            outputs.Add(MemoryAttention.Forward(
                Part(terms.Queries), keys.Take(terms.Stored[Keys], 1), keys.Take(values, 1), near, Part(read), Weigh(Part(terms.Queries)), options.MemorySharpness));
        }
        return cat(outputs, 1).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override MixerState NewState(int batch, ScalarType dtype, Device device)
    {
        var type = dtype == float64 ? float64 : float32;
        return new JointState(
        [
            ("window", new TokenCache(batch, shape.KvHeads, [kept.Column(shape.HeadDim, dtype), kept.Column(shape.HeadDim, dtype), new CacheColumn(1, type)], device)),
            ("memory", new RecurrentState(zeros([batch, shape.KvHeads, features.Width, shape.HeadDim + 1], type, device))),
        ]);
    }

    /// <inheritdoc/>
    public override Tensor Extend(MixerInput input, MixerState state)
    {
        using var scope = NewDisposeScope();
        var parts = (JointState)state;
        var (cache, memory) = ((TokenCache)parts[0], (RecurrentState)parts[1]);
        var terms = Terms.Of(input, score);
        var outputs = new List<Tensor>();
        for (long from = 0, tokens = input.Queries.shape[1]; from < tokens; from += Segment)
        {
            var count = Math.Min(Segment, tokens - from);
            using var slice = from == 0 && count == tokens ? null : input.Layout?.Slice(from, count);
            outputs.Add(Extend(terms.Part(from, count), slice ?? input.Layout, cache, memory));
        }
        return cat(outputs, 1).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    bool IRecordableMixer.CanRecord => true;

    /// <inheritdoc/>
    MixerState IRecordableMixer.Recordable(MixerState state)
    {
        var parts = (JointState)state;
        return new JointState([("window", new RingCache((TokenCache)parts[0], visibility)), ("memory", parts[1])]);
    }

    /// <inheritdoc/>
    Tensor IRecordableMixer.Next(MixerInput input, MixerState recordable, Tensor position)
    {
        using var scope = NewDisposeScope();
        var parts = (JointState)recordable;
        var ring = (RingCache)parts[0];
        var terms = Terms.Of(input, score);
        // What the token drives out of the window lies where it will lie itself; in a free slot the strength is 0.
        var slot = ring.SlotOf(position);
        var leaving = ring.At(slot);
        var late = ring.Column.Read(leaving[0]);
        var (queries, written) = Operands(terms.Queries, [.. new[] { late[0], late[1], leaving[1] }.Select(x => x.transpose(1, 2))]);
        ring.Put(terms.Stored, slot);
        var read = DeltaRule.Step(queries, written.Keys, written.Values, written.Decay, written.Strength, ((RecurrentState)parts[1]).Matrices[0]);
        var (keys, values) = ring.Read(ring.Seen);
        return MemoryAttention.Forward(
            terms.Queries, keys.transpose(1, 2), values.transpose(1, 2), ring.Valid(position), read, Weigh(terms.Queries), options.MemorySharpness).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    void IRecordableMixer.Return(MixerState recordable, MixerState state, long position)
    {
        using var ring = (RingCache)((JointState)recordable)[0];
        ring.Return((TokenCache)((JointState)state)[0], position, Trimmed);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<ScoredKeys> ScoreKeys(MixerInput input) => [new ScoredKeys(0, score.Of(input), visibility)];

    /// <summary>F: as many keys as the memory can hold at best.</summary>
    internal long Features => features.Width;

    /// <inheritdoc/>
    internal override IEnumerable<(int KvHead, KeyScore Score)> Scores => [(0, score)];

    /// <inheritdoc/>
    public override long StateBytes(long tokens, int elementSize)
    {
        var held = Math.Min(tokens, Window + visibility.Sinks);
        return shape.KvHeads * ((held * ((2L * kept.RowBytes(shape.HeadDim, elementSize)) + sizeof(float))) + (features.Width * (shape.HeadDim + 1) * sizeof(float)));
    }

    private Tensor Extend(Terms terms, SequenceLayout? layout, TokenCache cache, RecurrentState memory)
    {
        using var scope = NewDisposeScope();
        var tokens = terms.Queries.shape[1];
        cache.Append(terms.Stored, layout);
        var near = cache.Mask(visibility, tokens);
        var (late, present) = cache.Before(Window, visibility.Sinks, tokens);
        var (queries, written) = Operands(terms.Queries, [.. late.Select(x => x.transpose(1, 2))], present, layout);
        var documents = Documents(layout);
        if (documents is not null)
            memory.Keep(documents.narrow(1, 0, 1).eq(0));
        Tensor read;
        if (tokens == 1)
            read = DeltaRule.Step(queries, written.Keys, written.Values, written.Decay, written.Strength, memory.Matrices[0]);
        else
        {
            (read, var last) = DeltaRule.Forward(queries, written.Keys, written.Values, written.Decay, written.Strength, memory.Matrices[0], documents);
            memory.Matrices = [last];
        }
        var output = MemoryAttention.Forward(terms.Queries, cache[Keys].transpose(1, 2), cache[Values].transpose(1, 2), near, read, Weigh(terms.Queries), options.MemorySharpness);
        cache.Trim(Trimmed);
        return output.MoveToOuterDisposeScope();
    }

    /// <summary>What the delta rule takes: the queries' features, and what is written when each token comes, the one that its coming drives out of the window.</summary>
    /// <param name="queries">[B,T,H,D], turned.</param>
    /// <param name="late">Keys, values and strengths of those, [B,T,Hkv,·].</param>
    /// <param name="present">[1 or B,T], false where there is none.</param>
    /// <param name="layout">Padding writes nothing.</param>
    private (Tensor Queries, Writes Written) Operands(Tensor queries, IReadOnlyList<Tensor> late, Tensor present, SequenceLayout? layout)
    {
        if (layout is not null)
            present = present.logical_and(layout.Documents.ge(0));
        var strength = late[Strengths] * present.to(late[Strengths].dtype).unsqueeze(-1).unsqueeze(-1);
        return Operands(queries, [late[Keys], late[Values], strength]);
    }

    /// <param name="queries">[B,T,H,D], turned.</param>
    /// <param name="late">Keys, values and strengths of what is written, 0 where nothing is.</param>
    private (Tensor Queries, Writes Written) Operands(Tensor queries, IReadOnlyList<Tensor> late)
    {
        var strength = late[Strengths];
        var (asked, keys) = features.Of(queries, late[Keys]);
        return (asked, new Writes(keys, nn.functional.pad(late[Values].to(strength.dtype), [0, 1], value: 1), zeros_like(strength), strength));
    }

    /// <summary>b, [B,T,H].</summary>
    private Tensor Weigh(Tensor q)
    {
        var type = RecurrentMixer.Accumulator(q);
        return (q.to(type) * ofQuery.Value.to(type)).sum(-1) + weight.Value.to(type);
    }

    /// <summary>0 for what goes on with the carried memory, one more from each document's start on.</summary>
    private static Tensor? Documents(SequenceLayout? layout) =>
        layout is null ? null : layout.Positions.eq(0).logical_and(layout.Documents.ge(0)).to(int64).cumsum(1);

    private static Tensor Padded(Tensor positions) => positions.Dimensions == 2 ? positions : positions.unsqueeze(0);

    /// <summary>φ(k), [v, 1], no decay, and the strengths.</summary>
    private sealed record Writes(Tensor Keys, Tensor Values, Tensor Decay, Tensor Strength);

    /// <summary>Turned queries, and what a cache takes in of each token: turned keys, values, strengths.</summary>
    private sealed record Terms(Tensor Queries, IReadOnlyList<Tensor> Stored)
    {
        internal static Terms Of(MixerInput input, KeyScore score) =>
            new(input.Rotary.Apply(input.Queries), [input.Rotary.Apply(input.Keys), input.Values, score.Of(input).sigmoid().unsqueeze(-1)]);

        /// <summary>As a cache gives them back.</summary>
        internal Terms Rounded(CacheOptions kept)
        {
            var (keys, values) = kept.Rounded(Stored[Keys], Stored[Values]);
            return this with { Stored = [keys, values, Stored[Strengths]] };
        }

        internal Terms Part(long from, long count) => new(Queries.narrow(1, from, count), [.. Stored.Select(x => x.narrow(1, from, count))]);
    }
}
