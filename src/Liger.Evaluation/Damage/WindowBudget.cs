using Liger.Models;
using Liger.Models.Mixers;

namespace Liger.Evaluation;

/// <summary>How many tokens the window of each kv head holds, so that all of them together keep few bytes and do little damage.</summary>
/// <param name="Heads">What every window does in every head.</param>
/// <param name="Chosen">The window of each of these heads.</param>
/// <param name="Plan">The conversion with these windows.</param>
/// <param name="Divergence">KL(original ‖ converted) of the whole plan on the text, nats a token. The sum of what the chosen windows do alone predicts it.</param>
/// <param name="RecallDivergence">The same on the passages that are asked for.</param>
/// <param name="Recall">Share of those passages' tokens that are the likeliest.</param>
/// <param name="OriginalRecall">Recall of the original.</param>
/// <param name="Tokens">Scored tokens of the text.</param>
public sealed record WindowBudget(
    IReadOnlyList<HeadWindows> Heads, IReadOnlyList<WindowDamage> Chosen, MixerPlan Plan, double Divergence, double RecallDivergence, double Recall,
    double OriginalRecall, long Tokens)
{
    /// <summary>
    /// Measures every window in every kv head alone, against the original on a text and on passages to recall that are planted in it, chooses
    /// (<see cref="HeadWindows.Within"/>), and measures the whole choice. Each measurement begins at its layer, with what the original hands to
    /// it: all together cost heads · windows · half a pass over the rows.
    /// </summary>
    /// <param name="model">The original; it is the same afterwards.</param>
    /// <param name="ladder">The conversion, its heads and their windows.</param>
    /// <param name="bytes">What these heads may keep of one sequence, together.</param>
    /// <param name="ids">The text's tokens.</param>
    /// <param name="options">How much is read; null is the defaults.</param>
    /// <param name="progress">Told after every window.</param>
    /// <param name="cancellation">Ends the work between two batches.</param>
    /// <exception cref="EvaluationException">The text is too short, a token is unknown to the model, or the smallest windows do not fit.</exception>
    public static WindowBudget Measure(
        CausalLM model, WindowLadder ladder, long bytes, IReadOnlyList<int> ids, DamageOptions? options = null,
        IProgress<EvaluationProgress>? progress = null, CancellationToken cancellation = default)
    {
        using var mode = no_grad();
        using var rows = DamageRows.Of(model, ids, options ?? new DamageOptions(), cancellation);
        var total = ladder.Heads.Sum(head => ladder.Windows(head).Count);
        var (heads, done) = (new List<HeadWindows>(), 0);
        foreach (var head in ladder.Heads)
        {
            rows.BeginAt(head.Layer, cancellation);
            var damages = new List<WindowDamage>();
            foreach (var window in ladder.Windows(head))
            {
                var figures = rows.Measure(model.Plan.With(ladder.Spec(window), head), cancellation);
                damages.Add(new WindowDamage(window, ladder.Bytes(window), figures.Divergence, figures.RecallDivergence));
                progress?.Report(new EvaluationProgress(DamageRows.Where, ++done, total, rows.Tokens * done, damages[^1].Damage));
            }
            heads.Add(new HeadWindows(head.ToString(), damages));
        }
        rows.BeginAt(null, cancellation);
        var chosen = HeadWindows.Within(heads, bytes);
        var plan = ladder.With([.. chosen.Select(window => window.Window)]);
        var whole = rows.Measure(plan, cancellation);
        return new WindowBudget(heads, chosen, plan, whole.Divergence, whole.RecallDivergence, whole.Recall, rows.Original.Recall, rows.TextTokens);
    }
}
