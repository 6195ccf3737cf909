using Liger.Models.Graph;
using Liger.Ops;

namespace Liger.Models.Mixers;

/// <summary>Options of the selection.</summary>
public sealed record SelectedOptions
{
    /// <summary>m: keys a kv head that are remembered when they leave the window.</summary>
    [OptionRange(1, 1 << 16, "keys a kv head that stay in sight when they leave the window")]
    public int Selected { get; init; } = 64;

    /// <summary>What decides; attention by default, which declares nothing.</summary>
    [OptionMeaning("what decides which keys stay: attention in the window, or a learned vector over keys")]
    public KeyScoreKind KeyScore { get; init; }
}

/// <summary>
/// Softmax over the window, the sinks, and the m keys of each kv head that score highest among those that have left the window; a better key
/// takes the place of the worst. Bounded softmax memory: <see cref="SelectedAttention"/>. The parallel form meets all pairs of a segment.
/// </summary>
[TokenMixer("selected", "softmax over the last tokens, the first ones, and the m keys a kv head that score highest",
    "the attention score as in Zhang et al. 2023, arXiv 2306.14048, summed in the window alone",
    Formula = "o_t = Σ_j softmax_j(q_t·k_j/√D) v_j over the window, the sinks and the m earlier j of the highest score")]
public sealed class SelectedMixer(WindowOptions window, CacheOptions kept, SelectedOptions options, MixerShape shape) : TokenMixer, IRecordableMixer
{
    /// <summary>Tokens met pairwise at a time.</summary>
    private const int Segment = 1024;

    private readonly Visibility visibility = new(window.Window, window.Sinks);
    private readonly KeyScore? learned = options.KeyScore == KeyScoreKind.Learned ? new KeyScore(shape) : null;

    /// <inheritdoc/>
    public override IEnumerable<(string Name, MixerParameter Parameter)> Parameters => learned?.Parameters ?? [];

    /// <inheritdoc/>
    public override Tensor Parallel(MixerInput input)
    {
        using var scope = NewDisposeScope();
        var (q, k, scores) = Terms(input);
        long batch = q.shape[0], tokens = q.shape[1];
        var (keys, values) = kept.Rounded(k, input.Values);
        (keys, values, var device) = (keys.transpose(1, 2), values.transpose(1, 2), q.device);
        var chosen = SelectedKeys.None(batch, shape.KvHeads, options.Selected, new CacheColumn(shape.HeadDim, q.dtype), device);
        var outputs = new List<Tensor>();
        var places = input.Layout?.Positions ?? arange(tokens, device: device).unsqueeze(0);
        var documents = input.Layout?.Documents ?? zeros_like(places);
        for (long from = 0; from < tokens; from += Segment)
        {
            var count = Math.Min(Segment, tokens - from);
            var end = from + count;
            var held = new SegmentKeys(visibility, from, count, input.Layout, device);
            var positions = input.Layout is null ? held.Positions.unsqueeze(0) : held.Positions;
            var part = new Keys(
                held.Take(keys, 2), held.Take(values, 2), held.Take(scores, 2), held.Documents ?? zeros_like(positions), positions);
            var before = from == 0 ? null : documents.narrow(1, from - 1, 1);
            var (output, updated) = Attend(q.narrow(1, from, count), part, chosen, before is null ? null : documents.narrow(1, from, count).eq(before));
            outputs.Add(output);
            if (end == tokens)
                break;
            var now = documents.narrow(1, end - 1, 1);
            if (before is not null)
                chosen = chosen.Where(now.eq(before));
            chosen = Choose(part with { Scores = updated }, chosen, places.narrow(1, end - 1, 1) + 1, now);
            // What attention the ring has got so far goes on to the next segment.
            var ring = end - held.Start;
            scores = cat([scores.narrow(2, 0, held.Start), updated.narrow(2, updated.shape[2] - ring, ring), scores.narrow(2, end, tokens - end)], 2);
        }
        return cat(outputs, 1).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override MixerState NewState(int batch, ScalarType dtype, Device device) => new JointState(
    [
        ("window", new TokenCache(batch, shape.KvHeads, [kept.Column(shape.HeadDim, dtype), kept.Column(shape.HeadDim, dtype), new CacheColumn(1, float32) { Free = double.NegativeInfinity }], device)),
        ("selected", Stored(SelectedKeys.None(batch, shape.KvHeads, options.Selected, kept.Column(shape.HeadDim, dtype), device))),
    ]);

    /// <inheritdoc/>
    public override Tensor Extend(MixerInput input, MixerState state)
    {
        using var scope = NewDisposeScope();
        var parts = (JointState)state;
        var (cache, memory) = ((TokenCache)parts[0], (RecurrentState)parts[1]);
        var (q, k, scores) = Terms(input);
        var outputs = new List<Tensor>();
        for (long from = 0, tokens = q.shape[1]; from < tokens; from += Segment)
        {
            var count = Math.Min(Segment, tokens - from);
            using var slice = from == 0 && count == tokens ? null : input.Layout?.Slice(from, count);
            Tensor Part(Tensor x) => x.narrow(1, from, count);
            outputs.Add(Extend(Part(q), [Part(k), Part(input.Values), scores.transpose(1, 2).narrow(1, from, count).unsqueeze(-1)], slice ?? input.Layout, cache, memory));
        }
        return cat(outputs, 1).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    bool IRecordableMixer.CanRecord => true;

    /// <inheritdoc/>
    MixerState IRecordableMixer.Recordable(MixerState state)
    {
        var parts = (JointState)state;
        return new SelectedRing((TokenCache)parts[0], (RecurrentState)parts[1], visibility);
    }

    /// <inheritdoc/>
    Tensor IRecordableMixer.Next(MixerInput input, MixerState recordable, Tensor position)
    {
        using var scope = NewDisposeScope();
        var ring = (SelectedRing)recordable;
        var (q, k, scores) = Terms(input);
        ring.Put([k, input.Values, scores.transpose(1, 2).unsqueeze(-1)], position);
        var (keys, values, visible) = ring.All(position);
        if (learned is null)
            ring.Reward(Received(q, keys.narrow(2, 0, ring.Seen), visible.narrow(-1, 0, ring.Seen)));
        return SelectedAttention.Forward(q, keys, values, visible).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    void IRecordableMixer.Return(MixerState recordable, MixerState state, long position)
    {
        using var ring = (SelectedRing)recordable;
        var parts = (JointState)state;
        ring.Return((TokenCache)parts[0], (RecurrentState)parts[1], visibility, position);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<ScoredKeys> ScoreKeys(MixerInput input) => learned is null ? [] : [new ScoredKeys(0, learned.Of(input), visibility)];

    /// <inheritdoc/>
    internal override IEnumerable<(int KvHead, KeyScore Score)> Scores => learned is null ? [] : [(0, learned)];

    /// <inheritdoc/>
    public override long StateBytes(long tokens, int elementSize)
    {
        var held = Math.Min(tokens, window.Window - 1 + window.Sinks) + options.Selected;
        return shape.KvHeads * held * ((2L * kept.RowBytes(shape.HeadDim, elementSize)) + sizeof(float));
    }

    private Tensor Extend(Tensor q, IReadOnlyList<Tensor> added, SequenceLayout? layout, TokenCache cache, RecurrentState memory)
    {
        using var scope = NewDisposeScope();
        var tokens = q.shape[1];
        var before = cache.Documents();
        cache.Append(added, layout);
        var (documents, positions) = cache.Places();
        var chosen = new SelectedKeys(memory.Matrices[0], memory.Matrices[1], memory.Matrices[2].squeeze(-1));
        var column = cache.Columns[0];
        var (output, updated) = Attend(q, new Keys(cache[0], cache[1], cache[2].squeeze(-1), documents, positions),
            chosen with { Keys = column.Read(chosen.Keys), Values = column.Read(chosen.Values) }, documents.narrow(1, cache.Held - tokens, tokens).eq(before));
        cache[2].copy_(updated.unsqueeze(-1));
        var now = cache.Documents();
        var next = Choose(new Keys(cache.Stored(0), cache.Stored(1), updated, documents, positions), chosen.Where(now.eq(before)), cache.Next(), now);
        memory.Matrices = Stored(next).Matrices;
        cache.Trim(visibility);
        return output.MoveToOuterDisposeScope();
    }

    private static RecurrentState Stored(SelectedKeys keys) => new(keys.Keys, keys.Values, keys.Scores.unsqueeze(-1));

    /// <summary>Turned queries and keys, and the scores [B,Hkv,T] with which keys arrive.</summary>
    private (Tensor Queries, Tensor Keys, Tensor Scores) Terms(MixerInput input)
    {
        var (q, k) = (input.Rotary.Apply(input.Queries), input.Rotary.Apply(input.Keys));
        using var mode = no_grad();
        return (q, k, (learned?.Ranked(input) ?? zeros(k.shape[..3], float32, k.device)).transpose(1, 2));
    }

    /// <summary>Outputs of the last tokens, and the keys' scores with the attention that these tokens gave them.</summary>
    /// <param name="q">[B,Tq,H,D], the last of the keys' tokens.</param>
    /// <param name="at">The keys at hand.</param>
    /// <param name="chosen">What was selected before.</param>
    /// <param name="present">[1 or B,Tq], false where that is another document's; null: nothing was selected.</param>
    private (Tensor Output, Tensor Scores) Attend(Tensor q, Keys at, SelectedKeys chosen, Tensor? present)
    {
        using var scope = NewDisposeScope();
        var tokens = q.shape[1];
        Tensor Last(Tensor x) => x.narrow(1, x.shape[1] - tokens, tokens);
        var near = visibility.Mask(Last(at.Positions), at.Positions, Last(at.Documents), at.Documents);
        var far = default(Visibility).Mask(Last(at.Positions), at.Positions, Last(at.Documents), at.Documents).logical_and(near.logical_not());
        var scores = at.Scores;
        if (learned is null)
            scores = scores + Received(q, at.Key, near.unsqueeze(1));
        var (left, all) = (far, scores);
        if (present is not null)
        {
            var rows = Math.Max(present.shape[0], far.shape[0]);
            var old = present.unsqueeze(-1).expand(rows, tokens, options.Selected);
            (left, all) = (cat([old, far.expand(rows, tokens, far.shape[2])], -1), cat([chosen.Scores, scores], 2));
        }
        var best = SelectedAttention.Best(left, all, options.Selected);
        if (present is not null)
        {
            best = best.logical_and(all.gt(double.NegativeInfinity).unsqueeze(2));
            near = nn.functional.pad(near.to(float32), [options.Selected, 0]).gt(0);
        }
        Tensor Both(Tensor old, Tensor held) => present is null ? held : cat([old, held], 2);
        var (keys, values, visible) = (Both(chosen.Keys, at.Key), Both(chosen.Values, at.Value), best.logical_or(near.unsqueeze(1)));
        var output = keys.shape[2] == tokens
            ? CausalAttention.Forward(q, keys.transpose(1, 2), values.transpose(1, 2), visible)
            : SelectedAttention.Forward(q, keys, values, visible);
        return (output.MoveToOuterDisposeScope(), scores.MoveToOuterDisposeScope());
    }

    /// <summary>The attention that keys [B,Hkv,n,D] get from queries under a softmax over those that are near; [B,Hkv,n] fp32.</summary>
    private static Tensor Received(Tensor q, Tensor keys, Tensor near)
    {
        using var mode = no_grad();
        return SelectedAttention.Weights(q, keys, near).sum([2, 3]).to(float32);
    }

    /// <summary>What is selected once the next token is at hand.</summary>
    /// <param name="at">The keys at hand, with their scores.</param>
    /// <param name="chosen">What was selected before, free where it is another document's.</param>
    /// <param name="next">[1 or B,1]: the next position.</param>
    /// <param name="document">[1 or B,1]: its document.</param>
    private SelectedKeys Choose(Keys at, SelectedKeys chosen, Tensor next, Tensor document)
    {
        using var scope = NewDisposeScope();
        var gone = at.Documents.eq(document).logical_and(at.Positions.le(next - window.Window)).logical_and(at.Positions.ge(visibility.Sinks));
        var rows = gone.shape[0];
        var left = cat([ones([rows, options.Selected], @bool, gone.device), gone], 1).unsqueeze(1);
        var scores = cat([chosen.Scores, at.Scores], 2);
        var best = SelectedAttention.Best(left, scores, options.Selected).squeeze(2).logical_and(scores.gt(double.NegativeInfinity));
        var made = SelectedKeys.Of(cat([chosen.Keys, at.Key], 2), cat([chosen.Values, at.Value], 2), scores, best, options.Selected);
        return new SelectedKeys(made.Keys.MoveToOuterDisposeScope(), made.Values.MoveToOuterDisposeScope(), made.Scores.MoveToOuterDisposeScope());
    }

    /// <summary>Keys at hand: [B,Hkv,n,·] each, scores [B,Hkv,n], places [1 or B,n].</summary>
    private sealed record Keys(Tensor Key, Tensor Value, Tensor Scores, Tensor Documents, Tensor Positions);
}
