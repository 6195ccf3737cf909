using System.Globalization;

namespace Liger.Models.Mixers;

/// <summary>Different mixers for different kv heads of one layer, each with the query heads that share its kv heads; outputs are joined in order.</summary>
internal sealed class HeadGroupsMixer : TokenMixer, IRecordableMixer
{
    private readonly List<Group> groups;

    /// <param name="runs">Mixers by neighbouring kv heads, covering all of them in order.</param>
    /// <param name="shape">The whole layer's sizes.</param>
    internal HeadGroupsMixer(IReadOnlyList<MixerRun> runs, MixerShape shape)
    {
        var queries = shape.Heads / shape.KvHeads;
        groups = [.. runs.Select(run => new Group(run.First, run.Count, queries, run.Spec.Create(shape.Part(run.First, run.Count))))];
    }

    /// <inheritdoc/>
    public override IEnumerable<(string Name, MixerParameter Parameter)> Parameters =>
        groups.SelectMany(g => g.Mixer.Parameters.Select(p => ($"{g.Name}.{p.Name}", p.Parameter)));

    /// <inheritdoc/>
    public override Tensor Parallel(MixerInput input)
    {
        using var scope = NewDisposeScope();
        return cat([.. groups.Select(g => g.Mixer.Parallel(g.Part(input)))], 2).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override MixerState NewState(int batch, ScalarType dtype, Device device) =>
        new JointState([.. groups.Select(g => (g.Name, g.Mixer.NewState(batch, dtype, device)))]);

    /// <inheritdoc/>
    public override Tensor Extend(MixerInput input, MixerState state)
    {
        using var scope = NewDisposeScope();
        var parts = (JointState)state;
        return cat([.. groups.Select((g, i) => g.Mixer.Extend(g.Part(input), parts[i]))], 2).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    bool IRecordableMixer.CanRecord => groups.All(g => g.Mixer is IRecordableMixer { CanRecord: true });

    /// <inheritdoc/>
    MixerState IRecordableMixer.Recordable(MixerState state) =>
        new JointState([.. groups.Select((g, i) => (g.Name, ((IRecordableMixer)g.Mixer).Recordable(((JointState)state)[i])))]);

    /// <inheritdoc/>
    Tensor IRecordableMixer.Next(MixerInput input, MixerState recordable, Tensor position)
    {
        using var scope = NewDisposeScope();
        return cat([.. groups.Select((g, i) => ((IRecordableMixer)g.Mixer).Next(g.Part(input), ((JointState)recordable)[i], position))], 2).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    void IRecordableMixer.Return(MixerState recordable, MixerState state, long position)
    {
        for (var i = 0; i < groups.Count; i++)
            ((IRecordableMixer)groups[i].Mixer).Return(((JointState)recordable)[i], ((JointState)state)[i], position);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<HeadView> Look(MixerInput input) =>
        [.. groups.SelectMany(g => g.Mixer.Look(g.Part(input)).Select(view => view with { KvHead = g.First + view.KvHead }))];

    /// <inheritdoc/>
    public override IReadOnlyList<ScoredKeys> ScoreKeys(MixerInput input) =>
        [.. groups.SelectMany(g => g.Mixer.ScoreKeys(g.Part(input)).Select(scored => scored with { KvHead = g.First + scored.KvHead }))];

    /// <inheritdoc/>
    internal override IEnumerable<(int KvHead, KeyScore Score)> Scores => groups.SelectMany(g => g.Mixer.Scores.Select(score => (g.First + score.KvHead, score.Score)));

    /// <inheritdoc/>
    public override long StateBytes(long tokens, int elementSize) => groups.Sum(g => g.Mixer.StateBytes(tokens, elementSize));

    private sealed record Group(int First, int Count, int QueriesAHead, TokenMixer Mixer)
    {
        internal string Name { get; } = string.Create(CultureInfo.InvariantCulture, $"kv{First}");

        internal MixerInput Part(MixerInput input) => input with
        {
            Queries = input.Queries.narrow(2, First * QueriesAHead, Count * QueriesAHead),
            Keys = input.Keys.narrow(2, First, Count),
            Values = input.Values.narrow(2, First, Count),
        };
    }
}
