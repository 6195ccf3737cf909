using System.Globalization;
using System.Xml.Linq;
using Liger.Pictures;

namespace Liger.Tests.Pictures;

public sealed class SvgChartTests
{
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    private static Chart Of(params Series[] series) => new() { Title = "a < b & c", X = new Axis("tokens"), Y = new Axis("share"), Series = series };

    private static List<(double X, double Y)> Marks(Chart chart, int series) =>
        [.. Group(chart, series).Elements(Svg + "circle").Select(c => (Value(c, "cx"), Value(c, "cy")))];

    // The series' own group comes before its entry in the legend.
    private static XElement Group(Chart chart, int series) =>
        XDocument.Parse(SvgChart.Write(chart)).Root!.Elements(Svg + "g").First(g => (string?)g.Attribute("class") == $"s{series}");

    private static double Value(XElement element, string name) => double.Parse(element.Attribute(name)!.Value, CultureInfo.InvariantCulture);

    [Fact]
    public void Points_lie_where_the_axes_say()
    {
        var chart = Of(new Series("one", [new ChartPoint(0, 0), new ChartPoint(5, 0.5), new ChartPoint(10, 1)]));
        Assert.Equal([(64, 364), (344, 204), (624, 44)], Marks(chart, 0));
        Assert.Equal("M64 364L344 204L624 44", Group(chart, 0).Element(Svg + "path")!.Attribute("d")!.Value);
    }

    [Fact]
    public void A_logarithmic_axis_puts_equal_ratios_equally_far_apart()
    {
        var chart = Of(new Series("one", [new ChartPoint(16, 0), new ChartPoint(128, 0), new ChartPoint(1024, 1)])) with
        {
            X = new Axis("tokens", AxisScale.Logarithmic) { Ticks = [16, 128, 1024] },
        };
        Assert.Equal([64, 344, 624], Marks(chart, 0).Select(m => m.X));
    }

    [Fact]
    public void Intervals_reach_from_high_to_low_and_widen_the_axis()
    {
        var chart = Of(new Series("one", [new ChartPoint(1, 0.5, 0, 1)]));
        Assert.Equal("M341 44h6m-3 0V364m-3 0h6", Group(chart, 0).Elements(Svg + "path").Single(p => (string?)p.Attribute("class") == "interval").Attribute("d")!.Value);
    }

    [Fact]
    public void Equal_points_of_different_series_are_spread()
    {
        var chart = Of([.. Enumerable.Range(0, 3).Select(i => new Series($"{i}", [new ChartPoint(0, 1), new ChartPoint(10, 1)]))]) with { Spread = 4 };
        Assert.Equal([64, 68, 72], Enumerable.Range(0, 3).Select(i => Marks(chart, i)[0].X));
        Assert.Equal([616, 620, 624], Enumerable.Range(0, 3).Select(i => Marks(chart, i)[1].X));
    }

    [Fact]
    public void Any_chart_is_well_formed_stands_alone_and_names_its_series()
    {
        var many = Of([.. Enumerable.Range(0, 12).Select(i => new Series($"<{i}> & more", [new ChartPoint(i, -i * 1e-3, -1, 1)]) { Dashed = i % 2 == 0 })]);
        foreach (var chart in (Chart[])[many, Of(), Of(new Series("empty", [])), Of(new Series("same", [new ChartPoint(3, 7), new ChartPoint(3, 7)]))])
        {
            var text = SvgChart.Write(chart);
            var root = XDocument.Parse(text).Root!;
            Assert.All(chart.Series, s => Assert.Contains(root.Descendants(Svg + "text"), t => t.Value == s.Name));
            Assert.DoesNotContain("http", text.Replace(Svg.NamespaceName, ""));
            Assert.DoesNotContain("NaN", text);
            Assert.Contains("prefers-color-scheme: dark", text);
            var (width, height) = (Value(root, "width"), Value(root, "height"));
            Assert.All(root.Descendants(Svg + "circle"), c => Assert.True(Value(c, "cx") <= width && Value(c, "cy") <= height));
        }
    }

    [Theory]
    [InlineData(0, "0")]
    [InlineData(0.25, "0.25")]
    [InlineData(512, "512")]
    [InlineData(65_536, "65.536k")]
    [InlineData(20e6, "20M")]
    public void Ticks_have_short_names(double value, string name) => Assert.Equal(name, AxisNames(value));

    private static string AxisNames(double tick)
    {
        var chart = Of(new Series("one", [new ChartPoint(tick, 1)])) with { X = new Axis("") { Ticks = [tick], From = tick - 1, To = tick + 1 } };
        return XDocument.Parse(SvgChart.Write(chart)).Descendants(Svg + "text").First(t => (string?)t.Attribute("class") == "middle").Value;
    }

    [Fact]
    public void Values_that_have_no_place_are_refused()
    {
        Assert.Throws<ArgumentException>(() => SvgChart.Write(Of(new Series("one", [new ChartPoint(0, double.NaN)]))));
        Assert.Throws<ArgumentException>(() => SvgChart.Write(Of(new Series("one", [new ChartPoint(0, 1)])) with { X = new Axis("x", AxisScale.Logarithmic) }));
    }
}
