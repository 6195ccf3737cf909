using Liger.Models;
using Liger.Models.Mixers;

namespace Liger.Evaluation;

/// <summary>What keeping softmax in one place restores.</summary>
/// <param name="Place">The layer or kv head, as "5" or "5.1".</param>
/// <param name="Divergence">KL(original ‖ model) on the text, nats a token.</param>
/// <param name="RecallDivergence">The same on the passages that are asked for, nats a token.</param>
/// <param name="Recall">Share of those passages' tokens that are the likeliest.</param>
/// <param name="Restored">Share of both divergences that is restored, averaged: 1 is all, 0 none. The order of the ranking.</param>
public sealed record PlaceDamage(string Place, double Divergence, double RecallDivergence, double Recall, double Restored);

/// <summary>Layers or kv heads by how much keeping softmax there restores, most first.</summary>
/// <param name="OriginalRecall">Recall of the original.</param>
/// <param name="Divergence">KL(original ‖ model) on the text with softmax nowhere but where the plan has it, nats a token.</param>
/// <param name="RecallDivergence">The same on the passages that are asked for.</param>
/// <param name="Recall">Share of those passages' tokens that are the likeliest.</param>
/// <param name="Tokens">Scored tokens of the text.</param>
/// <param name="Places">Every place, by what it restores.</param>
public sealed record DamageRanking(
    double OriginalRecall, double Divergence, double RecallDivergence, double Recall, long Tokens, IReadOnlyList<PlaceDamage> Places)
{
    /// <summary>
    /// Measures by swapping one at a time: softmax goes back into one place of the otherwise converted model, and both are compared with the
    /// original on a text and on passages to recall that are planted in it. The weights stay; only mixers are exchanged, those that declare
    /// parameters with their initial values. Runs without gradients.
    /// </summary>
    /// <param name="model">The original; it is the same afterwards.</param>
    /// <param name="plan">The conversion; only places that have its default mixer are swapped.</param>
    /// <param name="ids">The text's tokens.</param>
    /// <param name="options">How much is read; null is the defaults.</param>
    /// <param name="progress">Told after every place.</param>
    /// <param name="cancellation">Ends the work between two batches.</param>
    /// <exception cref="EvaluationException">The text is too short, or a token is unknown to the model.</exception>
    public static DamageRanking Measure(
        CausalLM model, MixerPlan plan, IReadOnlyList<int> ids, DamageOptions? options = null,
        IProgress<EvaluationProgress>? progress = null, CancellationToken cancellation = default)
    {
        options ??= new DamageOptions();
        using var mode = no_grad();
        using var rows = DamageRows.Of(model, ids, options, cancellation);
        var places = Swappable(model, plan, options.WholeLayers).ToList();
        var (original, nowhere) = (rows.Original, rows.Measure(plan, cancellation));
        var ranked = new List<PlaceDamage>();
        foreach (var place in places)
        {
            var here = rows.Measure(plan.With(MixerSpec.Softmax, place), cancellation);
            var restored = (Restored(nowhere.Divergence, here.Divergence) + Restored(nowhere.RecallDivergence, here.RecallDivergence)) / 2;
            ranked.Add(new PlaceDamage(place.ToString(), here.Divergence, here.RecallDivergence, here.Recall, restored));
            progress?.Report(new EvaluationProgress(DamageRows.Where, ranked.Count, places.Count, rows.Tokens * ranked.Count, restored));
        }
        return new DamageRanking(
            original.Recall, nowhere.Divergence, nowhere.RecallDivergence, nowhere.Recall, rows.TextTokens, [.. ranked.OrderByDescending(p => p.Restored)]);
    }

    private static double Restored(double before, double after) => before <= 0 ? 0 : 1 - (after / before);

    private static IEnumerable<MixerPlace> Swappable(CausalLM model, MixerPlan plan, bool layers)
    {
        var heads = model.KvHeads.Where(place => plan.At(place.Layer, place.KvHead!.Value) is { IsSoftmax: false } spec && spec.SameAs(plan.Default));
        return layers ? heads.Select(head => new MixerPlace(head.Layer)).Distinct() : heads;
    }
}
