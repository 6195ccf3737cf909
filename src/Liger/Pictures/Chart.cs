namespace Liger.Pictures;

/// <summary>Points over two axes, as <see cref="SvgChart"/> draws them.</summary>
public sealed record Chart
{
    /// <summary>What it shows, above it.</summary>
    public required string Title { get; init; }

    /// <summary>The horizontal axis.</summary>
    public required Axis X { get; init; }

    /// <summary>The vertical axis.</summary>
    public required Axis Y { get; init; }

    /// <summary>What is drawn, in the order of the legend.</summary>
    public required IReadOnlyList<Series> Series { get; init; }

    /// <summary>Pixels of <see cref="Width"/> where nothing else is said.</summary>
    public const double DefaultWidth = 560;

    /// <summary>Pixels of the area in which points lie. Default 560.</summary>
    public double Width { get; init; } = DefaultWidth;

    /// <summary>Pixels from one series to the next at the same X, so that equal values do not hide each other. Default 0.</summary>
    public double Spread { get; init; }
}

/// <summary>How an axis turns values into places.</summary>
public enum AxisScale
{
    /// <summary>Equal differences are equally far apart.</summary>
    Linear,

    /// <summary>Equal ratios are equally far apart; values must be above 0.</summary>
    Logarithmic,
}

/// <summary>An axis.</summary>
/// <param name="Label">What it measures, with its unit.</param>
/// <param name="Scale">Linear by default.</param>
public sealed record Axis(string Label, AxisScale Scale = AxisScale.Linear)
{
    /// <summary>Where it begins; null: at or below the smallest value.</summary>
    public double? From { get; init; }

    /// <summary>Where it ends; null: at or above the largest value.</summary>
    public double? To { get; init; }

    /// <summary>The values that are named along it; null chooses round ones.</summary>
    public IReadOnlyList<double>? Ticks { get; init; }
}

/// <summary>Points that belong together.</summary>
/// <param name="Name">Its name in the legend.</param>
/// <param name="Points">The points, in the order in which a line goes through them.</param>
public sealed record Series(string Name, IReadOnlyList<ChartPoint> Points)
{
    /// <summary>Whether a line goes through the points. Default true.</summary>
    public bool Line { get; init; } = true;

    /// <summary>Whether every point is marked. Default true.</summary>
    public bool Marks { get; init; } = true;

    /// <summary>The number of its colour, so that a thing looks the same in several charts; null takes the series' place.</summary>
    public int? Colour { get; init; }

    /// <summary>Whether the line is dashed, as for what others are compared with. Default false.</summary>
    public bool Dashed { get; init; }
}

/// <summary>A point and, where it has one, the interval of its value.</summary>
/// <param name="X">Its place along the horizontal axis.</param>
/// <param name="Y">Its value.</param>
/// <param name="Low">Lower end of the value's interval; null for none.</param>
/// <param name="High">Upper end of the value's interval; null for none.</param>
public sealed record ChartPoint(double X, double Y, double? Low = null, double? High = null);
