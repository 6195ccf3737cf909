using Liger.Models;
using Liger.Models.Mixers;

namespace Liger.Evaluation;

/// <summary>Figures of one form of a model on the rows.</summary>
/// <param name="Divergence">KL(original ‖ model) on the text, nats a token.</param>
/// <param name="RecallDivergence">The same on the passages that are asked for.</param>
/// <param name="Recall">Share of those passages' tokens that are the likeliest.</param>
internal sealed record DamageFigures(double Divergence, double RecallDivergence, double Recall)
{
    /// <summary>Both divergences, which count alike.</summary>
    internal double Damage => Divergence + RecallDivergence;
}

/// <summary>
/// Rows with what the original makes of them: its hidden states at the scored positions, from which its logits are made again for each
/// comparison; kept logits of a large vocabulary would not fit.
/// </summary>
internal sealed class DamageRows : IDisposable
{
    /// <summary>What messages and progress call this.</summary>
    internal const string Where = "calibration";

    private readonly CausalLM model;
    private readonly List<Batch> text;
    private readonly List<Batch> recall;
    private int? begin;

    /// <param name="model">The original, as it is now.</param>
    /// <param name="text">Rows of plain text.</param>
    /// <param name="recall">Rows with passages to recall.</param>
    /// <param name="cancellation">Ends the work between two batches.</param>
    internal DamageRows(CausalLM model, List<CalibrationRow> text, List<CalibrationRow> recall, CancellationToken cancellation)
    {
        this.model = model;
        this.text = Cut(text, cancellation);
        this.recall = Cut(recall, cancellation);
        Original = Measure(cancellation);
    }

    /// <summary>Text, and the same with passages to recall.</summary>
    /// <param name="model">The original.</param>
    /// <param name="ids">The text's tokens.</param>
    /// <param name="options">How much is read.</param>
    /// <param name="cancellation">Ends the work between two batches.</param>
    /// <exception cref="EvaluationException">The text is too short, or a token is unknown to the model.</exception>
    internal static DamageRows Of(CausalLM model, IReadOnlyList<int> ids, DamageOptions options, CancellationToken cancellation)
    {
        options.Check();
        if (ids.Count < DamageOptions.FewestTokens)
            throw new EvaluationException($"{Where}: too short — expected at least {DamageOptions.FewestTokens} tokens, got {ids.Count}. Give a longer text.");
        Vocabulary.Check([.. ids, .. options.Asked.SelectMany(window => window.Ids)], model, Where);
        return new DamageRows(
            model, CalibrationRow.Text(ids, options), options.Asked.Count > 0 ? CalibrationRow.Asked(options.Asked) : CalibrationRow.Recall(ids, options), cancellation);
    }

    /// <summary>The original against itself.</summary>
    internal DamageFigures Original { get; }

    /// <summary>Scored tokens of the text.</summary>
    internal long TextTokens => text.Sum(b => b.Places.shape[0]);

    /// <summary>Tokens that one measurement reads.</summary>
    internal long Tokens => text.Concat(recall).Sum(b => b.Ids.numel());

    /// <summary>Reads all rows with other mixers; the model has its own afterwards.</summary>
    /// <param name="form">The mixers.</param>
    /// <param name="cancellation">Ends the work between two batches.</param>
    /// <param name="scores">Learned key scores that they take; null: whatever they declare has its initial value.</param>
    /// <param name="onRecall">Mixers for the passages that are asked for; null: the same.</param>
    internal DamageFigures Measure(MixerPlan form, CancellationToken cancellation, KeyScoreTable? scores = null, MixerPlan? onRecall = null)
    {
        var divergence = With(form, scores, () => Measure(text, cancellation).Divergence);
        var (ofAnswers, right) = With(onRecall ?? form, scores, () => Measure(recall, cancellation));
        return new DamageFigures(divergence, ofAnswers, right);
    }

    /// <summary>
    /// Measurements begin at a layer from now on, with what the model as it is now hands to it: what they change must lie in it or behind it.
    /// </summary>
    /// <param name="layer">At least the one before; null: they begin at the tokens again.</param>
    /// <param name="cancellation">Ends the work between two batches.</param>
    internal void BeginAt(int? layer, CancellationToken cancellation)
    {
        if (layer is null || begin is null)
        {
            begin = layer is null ? null : 0;
            EachEnters(batch => layer is null ? null : model.Embed(batch.Ids), cancellation);
        }
        for (; begin < layer; begin++)
            EachEnters(batch => model.Through(batch.Entering!, begin.Value), cancellation);
    }

    /// <summary>Reads all rows with the mixers that the model has now.</summary>
    private DamageFigures Measure(CancellationToken cancellation)
    {
        var (divergence, _) = Measure(text, cancellation);
        var (ofAnswers, right) = Measure(recall, cancellation);
        return new DamageFigures(divergence, ofAnswers, right);
    }

    /// <summary>Does something while the model has other mixers.</summary>
    internal T With<T>(MixerPlan plan, KeyScoreTable? scores, Func<T> work)
    {
        var before = model.Mixers;
        using var mixers = model.NewMixers(plan);
        scores?.Give(mixers);
        model.Mixers = mixers;
        try
        {
            return work();
        }
        finally
        {
            model.Mixers = before;
        }
    }

    public void Dispose()
    {
        foreach (var batch in text.Concat(recall))
            batch.Dispose();
    }

    private (double Divergence, double Right) Measure(List<Batch> batches, CancellationToken cancellation)
    {
        var (divergence, right, count) = (0.0, 0.0, 0L);
        foreach (var batch in batches)
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            var hidden = Scored(batch);
            var most = Batches.LogitRows(Vocabulary.Of(model));
            for (long from = 0; from < hidden.shape[0]; from += most)
            {
                using var part = NewDisposeScope();
                var rows = Math.Min(most, hidden.shape[0] - from);
                var (log, original) = (Log(hidden.narrow(0, from, rows)), Log(batch.Original!.narrow(0, from, rows)));
                divergence += (original.exp() * (original - log)).sum().item<float>();
                right += log.argmax(-1).eq(batch.Targets.narrow(0, from, rows)).sum().item<long>();
            }
            count += hidden.shape[0];
        }
        // Rounding can leave the divergence of two equal models a hair below zero.
        return count == 0 ? (0, 0) : (Math.Max(0, divergence / count), right / count);
    }

    private void EachEnters(Func<Batch, Tensor?> states, CancellationToken cancellation)
    {
        foreach (var batch in text.Concat(recall))
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            batch.Enter(states(batch));
        }
    }

    private Tensor Log(Tensor hidden) => model.Logits(hidden).to(float32).log_softmax(-1);

    private Tensor Scored(Batch batch)
    {
        using var scope = NewDisposeScope();
        var hidden = batch.Entering is { } entering ? model.HiddenFrom(entering, begin!.Value) : model.Hidden(batch.Ids);
        return hidden.reshape(-1, hidden.shape[2]).index_select(0, batch.Places).MoveToOuterDisposeScope();
    }

    private List<Batch> Cut(List<CalibrationRow> rows, CancellationToken cancellation)
    {
        var batches = new List<Batch>();
        for (var from = 0; from < rows.Count;)
        {
            cancellation.ThrowIfCancellationRequested();
            var length = rows[from].Ids.Length;
            var some = rows.Skip(from).TakeWhile(r => r.Ids.Length == length).Take(Math.Max(1, Batches.DefaultTokens / length)).ToList();
            var batch = new Batch(some, model.Device);
            batch.Original = Scored(batch).DetachFromDisposeScope();
            batches.Add(batch);
            from += some.Count;
        }
        return batches;
    }

    private sealed class Batch : IDisposable
    {
        internal Batch(List<CalibrationRow> rows, Device device)
        {
            var length = rows[0].Ids.Length;
            Ids = Batches.Rows([.. rows.Select(r => new ReadOnlyMemory<int>(r.Ids))], device).DetachFromDisposeScope();
            Places = tensor([.. rows.SelectMany((r, i) => r.Scored.Select(t => ((long)i * length) + t))], device: device).DetachFromDisposeScope();
            Targets = tensor([.. rows.SelectMany(r => r.Scored.Select(t => (long)r.Ids[t + 1]))], device: device).DetachFromDisposeScope();
        }

        internal Tensor Ids { get; }

        internal Tensor Places { get; }

        internal Tensor Targets { get; }

        internal Tensor? Original { get; set; }

        /// <summary>What enters the layer at which measurements begin; null: they begin at the tokens.</summary>
        internal Tensor? Entering { get; private set; }

        internal void Enter(Tensor? states)
        {
            Entering?.Dispose();
            Entering = states?.DetachFromDisposeScope();
        }

        public void Dispose()
        {
            Ids.Dispose();
            Places.Dispose();
            Targets.Dispose();
            Original?.Dispose();
            Entering?.Dispose();
        }
    }
}
