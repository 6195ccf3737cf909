using System.Globalization;
using Liger.Steps;

namespace Liger.Cli.Display;

/// <summary>Gates as a table: a line a kv head.</summary>
internal static class GatesTable
{
    internal static string Of(GatesResult result)
    {
        var table = new TextTable("layer.head", "token mixer", "half-life, tokens", "5 to 95 %", "window's share", "5 to 95 %") { TextColumns = 2 };
        foreach (var head in result.Heads)
            table.Add(
                string.Create(CultureInfo.InvariantCulture, $"{head.Layer}.{head.KvHead}"), head.Mixer,
                head.HalfLife is { } life ? Tokens(life.Median) : null, head.HalfLife is { } range ? $"{Tokens(range.Low)} to {Tokens(range.High)}" : null,
                head.WindowShare is { } share ? Share(share.Median) : null, head.WindowShare is { } shares ? $"{Share(shares.Low)} to {Share(shares.High)}" : null);
        return $"{Quantity.Count(result.Tokens)} tokens in windows of {Quantity.Count(result.Context)}\n\n{table}";
    }

    private static string Tokens(double? tokens) => tokens is { } value ? value.ToString(value < 100 ? "0.##" : "#,0", CultureInfo.InvariantCulture) : "never";

    private static string Share(double? share) => Quantity.Percent(share ?? 1);
}
