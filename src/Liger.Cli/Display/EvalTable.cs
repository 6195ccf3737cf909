using System.Globalization;
using Liger.Steps;

namespace Liger.Cli.Display;

/// <summary>The figures of one or several models as one table: a line a figure, a column a model.</summary>
internal static class EvalTable
{
    internal static string Of(IReadOnlyList<NamedEvaluation> models)
    {
        var table = new TextTable(["", .. models.Select(model => model.Name)]);
        Row("token mixer", e => e.Mixer);
        Row("loss, nats/token", e => Quantity.Fixed(e.Loss, 4));
        Row("  95 % interval", e => e is { LossLow: { } low, LossHigh: { } high } ? $"{Quantity.Fixed(low, 3)}-{Quantity.Fixed(high, 3)}" : null);
        Row("perplexity", e => e.Perplexity.ToString("g5", CultureInfo.InvariantCulture));
        Row("top-1 agreement", e => e.Agreement is { } share ? Quantity.Percent(share) : null);
        Row("KL to original, nats", e => e.KlDivergence is { } divergence ? Quantity.Fixed(divergence, 4) : null);
        Row("needles, all", e => e.Needles is { } needles ? Quantity.Percent(needles.Accuracy) : null);
        foreach (var distance in models.SelectMany(m => m.Figures.Needles?.Distances ?? []).Select(d => d.Distance).Distinct().Order())
            Row($"  at distance {distance}", e => e.Needles?.Distances.FirstOrDefault(d => d.Distance == distance) is { } at ? Quantity.Percent(at.Accuracy) : null);
        Row("MQAR, all", e => e.Mqar is { } mqar ? Quantity.Percent(mqar.Accuracy) : null);
        foreach (var pairs in models.SelectMany(m => m.Figures.Mqar?.Sizes ?? []).Select(size => size.Pairs).Where(pairs => pairs > 0).Distinct().Order())
            Row($"  of {pairs} pairs", e => e.Mqar?.Sizes.FirstOrDefault(size => size.Pairs == pairs) is { } at ? Quantity.Percent(at.Accuracy) : null);
        Row("tokens scored", e => Quantity.Count(e.Tokens));
        Row("tokens/s, scoring", e => Quantity.Count(e.TokensPerSecond));
        Row("s to first token", e => e.Decoding is { } speed ? Quantity.Fixed(speed.SecondsToFirstToken, 3) : null);
        Row("tokens/s, decoding", e => e.Decoding is { } speed ? Quantity.Fixed(speed.TokensPerSecond, 1) : null);
        Row($"state at {Quantity.Count(models[0].Figures.Context)} tokens", e => Quantity.Bytes(e.StateBytes));
        return table.ToString();

        void Row(string name, Func<EvalResult, string?> value)
        {
            var cells = models.Select(model => value(model.Figures)).ToArray();
            if (cells.Any(cell => cell is not null)) table.Add([name, .. cells]);
        }
    }
}
