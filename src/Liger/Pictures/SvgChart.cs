using System.Globalization;
using System.Xml.Linq;

namespace Liger.Pictures;

/// <summary>Draws a chart as SVG: one file without anything from elsewhere, readable on light and dark pages.</summary>
public static class SvgChart
{
    private const double PlotHeight = 320, Left = 64, Top = 44, Bottom = 56, LegendGap = 24, LegendLine = 20, LegendMark = 22, CharacterWidth = 6.6, MarkRadius = 3, CapWidth = 3, TickLength = 4, TextDrop = 4;

    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    /// <summary>The chart as the text of an SVG file.</summary>
    /// <param name="chart">What is drawn.</param>
    /// <exception cref="ArgumentException">A value is not finite, or not above 0 on a logarithmic axis.</exception>
    public static string Write(Chart chart)
    {
        var points = chart.Series.SelectMany(s => s.Points).ToList();
        // Series that are spread need room beside the first and the last place.
        var aside = (chart.Series.Count - 1) / 2.0 * chart.Spread;
        var x = new AxisMap(chart.X, [.. points.Select(p => p.X)], Left + Math.Max(0, aside), Left + chart.Width - Math.Max(0, aside));
        var y = new AxisMap(chart.Y, [.. points.SelectMany(p => new[] { p.Y, p.Low ?? p.Y, p.High ?? p.Y })], Top + PlotHeight, Top);
        var width = Left + chart.Width + LegendGap + LegendMark + (CharacterWidth * chart.Series.Select(s => s.Name.Length).DefaultIfEmpty(0).Max()) + LegendGap;
        var height = Math.Max(Top + PlotHeight + Bottom, Top + (LegendLine * (chart.Series.Count + 1)));
        var root = Element("svg", ("viewBox", $"0 0 {Number(width)} {Number(height)}"), ("width", Number(width)), ("height", Number(height)), ("role", "img"));
        root.Add(
            new XElement(Svg + "title", chart.Title),
            new XElement(Svg + "style", SvgStyle.Css),
            Text(Left, Top - LegendLine, "title", chart.Title),
            Across(x, chart),
            Up(y, chart));
        for (var i = 0; i < chart.Series.Count; i++)
        {
            var (series, offset) = (chart.Series[i], (i * chart.Spread) - aside);
            root.Add(Drawn(series, series.Colour ?? i, p => x.At(p.X) + offset, y), Named(series, i, Left + chart.Width + LegendGap));
        }
        return root.ToString() + "\n";
    }

    private static XElement Across(AxisMap map, Chart chart)
    {
        var group = Element("g", ("class", "axis"));
        var bottom = Top + PlotHeight;
        group.Add(Path("line", $"M{Number(Left)} {Number(bottom)}H{Number(Left + chart.Width)}"));
        foreach (var tick in map.Ticks)
            group.Add(Path("line", $"M{Number(map.At(tick))} {Number(bottom)}v{Number(TickLength)}"), Text(map.At(tick), bottom + LegendLine, "middle", AxisMap.Name(tick)));
        group.Add(Text(Left + (chart.Width / 2), bottom + (2 * LegendLine), "middle", chart.X.Label));
        return group;
    }

    private static XElement Up(AxisMap map, Chart chart)
    {
        var group = Element("g", ("class", "axis"));
        foreach (var tick in map.Ticks)
            group.Add(Path("grid", $"M{Number(Left)} {Number(map.At(tick))}h{Number(chart.Width)}"), Text(Left - (2 * TickLength), map.At(tick) + TextDrop, "end", AxisMap.Name(tick)));
        var label = Text(0, 0, "middle", chart.Y.Label);
        label.SetAttributeValue("transform", $"translate({Number(LegendLine - TextDrop)} {Number(Top + (PlotHeight / 2))}) rotate(-90)");
        group.Add(label);
        return group;
    }

    private static XElement Drawn(Series series, int colour, Func<ChartPoint, double> across, AxisMap y)
    {
        var group = Element("g", ("class", SvgStyle.Of(colour)));
        group.Add(new XElement(Svg + "title", series.Name));
        var places = series.Points.Select(p => (X: across(p), Y: y.At(p.Y), Point: p)).ToList();
        if (series.Line && places.Count > 1)
            group.Add(Path(Stroke(series, colour), "M" + string.Join('L', places.Select(p => $"{Number(p.X)} {Number(p.Y)}"))));
        foreach (var (left, _, point) in places.Where(p => p.Point is { Low: not null, High: not null }))
            group.Add(Path("interval",
                $"M{Number(left - CapWidth)} {Number(y.At(point.High!.Value))}h{Number(2 * CapWidth)}m{Number(-CapWidth)} 0V{Number(y.At(point.Low!.Value))}m{Number(-CapWidth)} 0h{Number(2 * CapWidth)}"));
        if (series.Marks)
            foreach (var (left, top, _) in places)
                group.Add(Element("circle", ("cx", Number(left)), ("cy", Number(top)), ("r", Number(MarkRadius))));
        return group;
    }

    private static XElement Named(Series series, int place, double left)
    {
        var (colour, top) = (series.Colour ?? place, Top + (LegendLine * place) + (LegendLine / 2));
        var group = Element("g", ("class", SvgStyle.Of(colour)));
        if (series.Line)
            group.Add(Path(Stroke(series, colour), $"M{Number(left)} {Number(top)}h{Number(LegendMark - CapWidth - CapWidth)}"));
        if (series.Marks)
            group.Add(Element("circle", ("cx", Number(left + (LegendMark / 2) - CapWidth)), ("cy", Number(top)), ("r", Number(MarkRadius))));
        group.Add(Text(left + LegendMark, top + TextDrop, "start", series.Name));
        return group;
    }

    // Colours come round again; from then on lines are dashed in another way.
    private static string Stroke(Series series, int colour) => series.Dashed ? "curve dashed" : colour < SvgStyle.Colours ? "curve" : "curve dotted";

    private static XElement Path(string style, string data) => Element("path", ("class", style), ("d", data));

    private static XElement Text(double x, double y, string style, string text)
    {
        var element = Element("text", ("x", Number(x)), ("y", Number(y)), ("class", style));
        element.Add(text);
        return element;
    }

    private static XElement Element(string name, params (string Name, string Value)[] attributes) =>
        new(Svg + name, attributes.Select(a => new XAttribute(a.Name, a.Value)));

    private static string Number(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);
}
