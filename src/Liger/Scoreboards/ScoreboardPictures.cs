using Liger.Pictures;

namespace Liger.Scoreboards;

/// <summary>A scoreboard's pictures.</summary>
public static class ScoreboardPictures
{
    private const double Spread = 4;

    /// <summary>Needle accuracy over distance with intervals; null where no recall was measured.</summary>
    public static Chart? Needles(ScoreboardResult board)
    {
        var measured = board.Rows.Where(row => row.Figures.Needles is not null).ToList();
        return measured.Count == 0 ? null : new Chart
        {
            Title = "Needles found over distance",
            X = new Axis("tokens back", AxisScale.Logarithmic) { Ticks = [.. measured.SelectMany(row => row.Figures.Needles!.Distances).Select(d => (double)d.Distance).Distinct().Order()] },
            Y = new Axis("share found") { From = 0, To = 1 },
            Spread = Spread,
            Series = [.. measured.Select(row => new Series(row.Name, [.. row.Figures.Needles!.Distances.Select(d => new ChartPoint(d.Distance, d.Accuracy, d.AccuracyLow, d.AccuracyHigh))]) { Dashed = row.Training is null, Colour = Colour(board, row) })],
        };
    }

    /// <summary>Loss on each recipe's validation rows over trained tokens; null where none was noted.</summary>
    public static Chart? Loss(ScoreboardResult board)
    {
        var trained = board.Rows.Where(row => row.Training is { Curve.Count: > 0 }).ToList();
        return trained.Count == 0 ? null : new Chart
        {
            Title = "Validation loss over trained tokens",
            X = new Axis("tokens") { From = 0 },
            Y = new Axis("nats a token"),
            Series = [.. trained.Select(row => new Series(row.Name, [.. row.Training!.Curve.Select(at => new ChartPoint(at.Tokens, at.Loss))]) { Colour = Colour(board, row) })],
        };
    }

    private static int Colour(ScoreboardResult board, ScoreboardRow row) => board.Rows.TakeWhile(other => other != row).Count();
}
