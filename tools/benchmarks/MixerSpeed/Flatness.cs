using System.Text.Json.Nodes;

namespace Liger.Bench.MixerSpeed;

/// <summary>How much more a token costs after many tokens than after few: the largest cost over lengths, over that of the shortest length, on the clock.</summary>
/// <param name="Mixer">Its name.</param>
/// <param name="Forward">Of the forward pass.</param>
/// <param name="Backward">Of the backward pass.</param>
/// <param name="Step">Of one step; null where there is none.</param>
internal sealed record Flatness(string Mixer, double Forward, double Backward, double? Step)
{
    /// <summary>Up to here a cost counts as flat.</summary>
    internal const double Limit = 1.15;

    private bool IsFlat => Forward <= Limit && Backward <= Limit && Step is null or <= Limit;

    /// <param name="points">One mixer at several lengths.</param>
    internal static Flatness Of(IReadOnlyCollection<MixerPoint> points)
    {
        var shortest = points.MinBy(p => p.Tokens)!;
        double Growth(Func<MixerPoint, Microseconds> cost) => points.Max(p => cost(p).Elapsed / cost(shortest).Elapsed);
        return new Flatness(shortest.Mixer, Growth(p => p.Forward), Growth(p => p.Backward), shortest.Step is null ? null : Growth(p => p.Step!));
    }

    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant(
        $"{Mixer,-16} grows by forward ×{Forward:F2}, backward ×{Backward:F2}{(Step is { } step ? FormattableString.Invariant($", step ×{step:F2}") : "")}: {(IsFlat ? "flat" : "not flat")}");

    internal JsonObject ToJson() => new()
    {
        ["mixer"] = Mixer,
        ["forward"] = Math.Round(Forward, 3),
        ["backward"] = Math.Round(Backward, 3),
        ["step"] = Step is { } step ? Math.Round(step, 3) : null,
        ["flat"] = IsFlat,
    };
}
