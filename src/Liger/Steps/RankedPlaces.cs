using Liger.Evaluation;
using Liger.Models.Mixers;

namespace Liger.Steps;

/// <summary>What keeping softmax in one layer or kv head restores.</summary>
/// <param name="Place">"5" or "5.1".</param>
/// <param name="Restored">Share of both divergences that is restored, averaged: 1 is all, 0 none.</param>
/// <param name="KlDivergence">KL(original ‖ converted) on the text, nats a token.</param>
/// <param name="RecallKlDivergence">The same on passages that are asked for.</param>
/// <param name="Recall">Share of those passages' tokens that are the likeliest.</param>
public sealed record RankedPlace(string Place, double Restored, double KlDivergence, double RecallKlDivergence, double Recall);

/// <summary>Layers or kv heads by how much keeping softmax there restores, most first.</summary>
/// <param name="Nowhere">The conversion with none of them.</param>
/// <param name="OriginalRecall">Recall of the original.</param>
/// <param name="Tokens">Scored tokens of the text.</param>
/// <param name="Places">Every place.</param>
public sealed record RankedPlaces(RankedPlace Nowhere, double OriginalRecall, long Tokens, IReadOnlyList<RankedPlace> Places)
{
    /// <summary>The first places.</summary>
    internal IEnumerable<MixerPlace> Best(int count) => Places.Take(count).Select(p => MixerPlace.Parse(p.Place));

    internal static RankedPlaces Of(DamageRanking ranking) => new(
        new RankedPlace("", 0, ranking.Divergence, ranking.RecallDivergence, ranking.Recall),
        ranking.OriginalRecall,
        ranking.Tokens,
        [.. ranking.Places.Select(p => new RankedPlace(p.Place, p.Restored, p.Divergence, p.RecallDivergence, p.Recall))]);
}
