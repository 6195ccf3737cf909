using Liger.Pictures;

namespace Liger.Steps;

/// <summary>Gates as pictures: a point with its range for every kv head, layer by layer.</summary>
public static class GatesPictures
{
    /// <summary>Room in which neighbouring heads can be told apart, in pixels.</summary>
    private const double HeadWidth = 9;

    /// <summary>Half-lives, and the window's share, where there are any; by file name.</summary>
    public static IEnumerable<(string File, Chart Chart)> Of(GatesResult result)
    {
        if (Drawn(result, "Half-life of the gates: median, 5 to 95 %", new Axis("tokens", AxisScale.Logarithmic), h => h.HalfLife) is { } lives)
            yield return ("gates-half-life.svg", lives);
        if (Drawn(result, "The window's share of the output: median, 5 to 95 %", new Axis("share") { From = 0, To = 1 }, h => h.WindowShare) is { } shares)
            yield return ("gates-window-share.svg", shares);
    }

    private static Chart? Drawn(GatesResult result, string title, Axis y, Func<HeadFigures, RangeFigures?> of)
    {
        var (layers, heads) = (result.Heads.Max(h => h.Layer) + 1, result.Heads.Max(h => h.KvHead) + 1);
        var series = result.Heads.GroupBy(h => h.KvHead).Select(group => new Series($"kv head {group.Key}", [.. group.SelectMany(Point)]) { Line = false, Colour = group.Key }).ToList();
        return series.TrueForAll(s => s.Points.Count == 0) ? null : new Chart
        {
            Title = title,
            // Heads of a layer stand side by side, in the middle of its place.
            X = new Axis("layer") { From = -0.5, To = layers - 0.5, Ticks = [.. Enumerable.Range(0, layers).Select(layer => (double)layer)] },
            Y = y,
            Series = series,
            Width = Math.Max(Chart.DefaultWidth, layers * (heads + 1) * HeadWidth),
        };

        // What never fades has no place on an axis of tokens; a range that ends there is drawn to its median.
        IEnumerable<ChartPoint> Point(HeadFigures head) => of(head) is not { Median: { } median } spread ? [] :
            [new ChartPoint(head.Layer + ((head.KvHead + 0.5) / heads * 0.8) - 0.4, median, spread.Low ?? median, spread.High ?? median)];
    }
}
