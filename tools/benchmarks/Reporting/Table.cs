using Liger.Bench.Measuring;

namespace Liger.Bench.Reporting;

/// <summary>The table on the terminal.</summary>
internal static class Table
{
    /// <summary>Its first line.</summary>
    internal static string Head => Line("", "", "", "ours", "python", "ratio", "goal");

    /// <summary>The lines of one comparison. Ratios of times are theirs over ours, of memory ours over theirs.</summary>
    internal static IEnumerable<string> Lines(Comparison c)
    {
        foreach (var figure in Figure.Of(c))
            yield return Line(c.Mixer, c.Dtype, figure.Name, Number(figure.Ours), Number(figure.Theirs), Ratio(figure.Ratio), figure.Ratio is null ? "" : figure.Goal ?? "");
        if (c.TheirLosses is [var first, ..] theirs)
        {
            yield return Line(c.Mixer, c.Dtype, "loss, first step", $"{c.OurLosses[0]:F6}", $"{first:F6}", $"{c.OurLosses[0] - first:+0.0e+0;-0.0e+0}", $"within {c.Tolerance:0.0e+0}");
            yield return Line(c.Mixer, c.Dtype, $"loss, step {theirs.Length}", $"{c.OurLosses[^1]:F6}", $"{theirs[^1]:F6}", $"{c.OurLosses[^1] - theirs[^1]:+0.0e+0;-0.0e+0}", $"within {c.Tolerance:0.0e+0}");
        }
    }

    private static string Line(params string[] cells) =>
        $"{cells[0],-10} {cells[1],-5} {cells[2],-22} {cells[3],11} {cells[4],11} {cells[5],9}  {cells[6]}".TrimEnd();

    private static string Number(double? value) => value switch
    {
        null => "",
        >= 100 => $"{value:F0}",
        >= 10 => $"{value:F1}",
        _ => $"{value:F2}",
    };

    private static string Ratio(double? value) => value is null ? "" : $"{value:F2}";
}
