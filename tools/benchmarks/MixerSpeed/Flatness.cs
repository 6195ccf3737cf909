using System.Text.Json.Nodes;

namespace Liger.Bench.MixerSpeed;

/// <summary>How much more a token costs after many tokens than after few: the largest cost over lengths, over that of the shortest length, on the clock.</summary>
/// <param name="Mixer">Its name.</param>
/// <param name="Forward">Of the forward pass.</param>
/// <param name="Both">Of the forward and the backward pass together.</param>
/// <param name="Step">Of one step; null where there is none.</param>
internal sealed record Flatness(string Mixer, double Forward, double Both, double? Step)
{
    /// <summary>Up to here a cost counts as flat.</summary>
    internal const double Limit = 1.15;

    private bool IsFlat => Forward <= Limit && Both <= Limit && Step is null or <= Limit;

    /// <param name="points">One mixer at several lengths.</param>
    internal static Flatness Of(IReadOnlyCollection<MixerPoint> points)
    {
        var shortest = points.MinBy(p => p.Tokens)!;
        double Growth(Func<MixerPoint, double> cost) => points.Max(p => cost(p) / cost(shortest));
        return new Flatness(
            shortest.Mixer, Growth(p => p.Forward.Elapsed), Growth(p => p.Forward.Elapsed + p.Backward.Elapsed), shortest.Step is null ? null : Growth(p => p.Step!.Elapsed));
    }

    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant(
        $"{Mixer,-16} grows by forward ×{Forward:F2}, with backward ×{Both:F2}{(Step is { } step ? FormattableString.Invariant($", step ×{step:F2}") : "")}: {(IsFlat ? "flat" : "not flat")}");

    internal JsonObject ToJson() => new()
    {
        ["mixer"] = Mixer,
        ["forward"] = Math.Round(Forward, 3),
        ["forward_backward"] = Math.Round(Both, 3),
        ["step"] = Step is { } step ? Math.Round(step, 3) : null,
        ["flat"] = IsFlat,
    };
}
