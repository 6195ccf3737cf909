using Liger.Models;
using Liger.Models.Mixers;

namespace Liger.Evaluation;

/// <summary>Fits key scores to a model, given how many tokens each of its kv heads has in sight.</summary>
/// <param name="window">Tokens in sight of a kv head; null: it needs no score.</param>
/// <param name="cancellation">Ends the work.</param>
/// <returns>The scores, which the caller disposes.</returns>
public delegate KeyScoreTable FitKeyScores(Func<MixerPlace, int?> window, CancellationToken cancellation);

/// <summary>Which form each kv head has, so that all of them together keep few bytes and do little damage.</summary>
/// <param name="Heads">What every form does in every head, all others having those of the choice before.</param>
/// <param name="Chosen">The form of each of these heads.</param>
/// <param name="Plan">The conversion with these forms.</param>
/// <param name="Divergence">KL(original ‖ converted) of the whole plan on the text, nats a token; a memory counts as its window.</param>
/// <param name="RecallDivergence">The same on the passages that are asked for; a memory counts as the selected keys that it can hold.</param>
/// <param name="Recall">Share of those passages' tokens that are the likeliest.</param>
/// <param name="OriginalRecall">Recall of the original.</param>
/// <param name="Tokens">Scored tokens of the text.</param>
/// <param name="Round">How often the choice was made, from the choice before.</param>
public sealed record HeadBudget(
    IReadOnlyList<HeadForms> Heads, IReadOnlyList<FormDamage> Chosen, MixerPlan Plan, double Divergence, double RecallDivergence, double Recall,
    double OriginalRecall, long Tokens, int Round) : IDisposable
{
    /// <summary>Forms that a head tries in a round, about.</summary>
    private const int Tried = 15;

    /// <summary>The learned key scores that were measured; null where no form has any. Disposed with this.</summary>
    public KeyScoreTable? Scores { get; init; }

    /// <summary>Bytes that these heads keep of one sequence.</summary>
    public long Bytes => Chosen.Sum(form => form.Form.Bytes);

    internal double Damage => Divergence + RecallDivergence;

    /// <summary>Damage that one byte more would save.</summary>
    internal double Price { get; init; }

    /// <summary>
    /// Measures forms in every kv head alone, on a text and on passages to recall, chooses (<see cref="HeadForms.Within"/>), and measures the whole
    /// choice. First windows and softmax, beside the original's heads; then, where more than windows is allowed, all forms beside what the other heads were
    /// given before, with key scores fitted to those windows: what one head remembers shows then, although another could, and what one remembers is
    /// not paid for twice. Of the rounds' choices the best one is taken. Measurements begin at their layer, with what the layers below hand to it, and
    /// windows beside which more is remembered grow and shrink, from the one chosen before, only as long as that is worth its bytes: a round costs about heads · 15 · half a pass over the rows.
    /// </summary>
    /// <param name="model">The original; it is the same afterwards.</param>
    /// <param name="ladder">The conversion, its heads and their forms.</param>
    /// <param name="bytes">What these heads may keep of one sequence, together.</param>
    /// <param name="ids">The text's tokens.</param>
    /// <param name="options">How much is read; null is the defaults.</param>
    /// <param name="fit">Fits key scores; null leaves them at their initial values.</param>
    /// <param name="progress">Told after every form; how many there will be is an estimate.</param>
    /// <param name="cancellation">Ends the work between two batches.</param>
    /// <exception cref="EvaluationException">The text is too short, a token is unknown to the model, or the smallest windows do not fit.</exception>
    public static HeadBudget Measure(
        CausalLM model, HeadLadder ladder, long bytes, IReadOnlyList<int> ids, DamageOptions? options = null, FitKeyScores? fit = null,
        IProgress<EvaluationProgress>? progress = null, CancellationToken cancellation = default)
    {
        options ??= new DamageOptions();
        using var mode = no_grad();
        using var rows = DamageRows.Of(model, ids, options, cancellation);
        int Again(MixerPlace head) => Math.Min((ladder.MayGrow ? ladder.Alone(head).Count : 0) + ladder.Remembering(head).Count, Tried);
        var expected = ladder.Heads.Sum(head => ladder.Alone(head).Count + (options.Rounds * Again(head)));
        return new BudgetSearch(model, ladder, bytes, rows, Tell, cancellation).Best(options.Rounds, fit);

        void Tell(int done, double damage) =>
            progress?.Report(new EvaluationProgress(DamageRows.Where, done, Math.Max(done, expected), rows.Tokens * done, damage));
    }

    /// <inheritdoc/>
    public void Dispose() => Scores?.Dispose();
}
