using System.Globalization;
using Liger.Scoreboards;

namespace Liger.Cli.Display;

/// <summary>A scoreboard as tables, a line a model: quality, recall, memory, cost.</summary>
internal static class ScoreboardTable
{
    internal static IEnumerable<TextTable> Of(ScoreboardResult board)
    {
        yield return Quality(board);
        if (Recall(board) is { } recall) yield return recall;
        yield return Memory(board);
        yield return Cost(board);
    }

    /// <summary>What all rows share, in a sentence.</summary>
    internal static string Basis(ScoreboardResult board)
    {
        var basis = board.Basis;
        var files = string.Join(", ", new[] { basis.Text, basis.Needles, basis.Mqar }.OfType<string>());
        return $"{basis.Model} on {files}, {Quantity.Count(basis.Context)} tokens of context, {basis.Dtype}, {basis.Machine}";
    }

    private static TextTable Quality(ScoreboardResult board)
    {
        var table = new TextTable("", "loss, nats", "95 %", "above original", "95 %", "same top-1", "KL", "95 %");
        foreach (var (name, f) in board.Rows.Select(row => (row.Name, row.Figures)))
            table.Add(name, Nats(f.Loss), Interval(f.Loss), Nats(f.Gap), Interval(f.Gap), f.Agreement is { } same ? Quantity.Percent(same.Value) : null, Nats(f.KlDivergence), Interval(f.KlDivergence));
        return table;
    }

    private static TextTable? Recall(ScoreboardResult board)
    {
        var distances = board.Rows.SelectMany(row => row.Figures.Needles?.Distances ?? []).Select(d => d.Distance).Distinct().Order().ToList();
        var pairs = board.Rows.SelectMany(row => row.Figures.Mqar?.Sizes ?? []).Select(size => size.Pairs).Distinct().Order().ToList();
        if (distances.Count + pairs.Count == 0) return null;
        var table = new TextTable(["found, %", .. distances.Select(d => $"{Quantity.Count(d)} back"), .. pairs.Select(n => n == 0 ? "MQAR" : $"MQAR, {Quantity.Count(n)} pairs")]);
        foreach (var row in board.Rows)
            table.Add(
            [
                row.Name,
                .. distances.Select(distance => row.Figures.Needles?.Distances.FirstOrDefault(d => d.Distance == distance) is { } at ? Share(at.Accuracy, at.AccuracyLow, at.AccuracyHigh) : null),
                .. pairs.Select(n => row.Figures.Mqar?.Sizes.FirstOrDefault(size => size.Pairs == n) is { } at ? Share(at.Accuracy, at.AccuracyLow, at.AccuracyHigh) : null),
            ]);
        return table;
    }

    private static TextTable Memory(ScoreboardResult board)
    {
        var contexts = board.Rows.SelectMany(row => row.Memory.Contexts).Select(at => at.Tokens).Where(tokens => tokens > board.Basis.Context).Distinct().Order().ToList();
        var table = new TextTable(["bytes a sequence keeps", $"at {Quantity.Count(board.Basis.Context)}", .. contexts.Select(tokens => $"at {Quantity.Count(tokens)}"), "at any length"]);
        foreach (var row in board.Rows)
            table.Add(
            [
                row.Name, Quantity.Count(row.Memory.Bytes),
                .. contexts.Select(tokens => row.Memory.Contexts.FirstOrDefault(at => at.Tokens == tokens) is { } at ? Quantity.Count(at.Bytes) : null),
                row.Memory.MostBytes is { } most ? Quantity.Count(most) : "grows",
            ]);
        return table;
    }

    private static TextTable Cost(ScoreboardResult board)
    {
        var table = new TextTable("", "read, tokens/s", "decode, tokens/s", "trained", "on tokens", "window beside");
        foreach (var row in board.Rows)
            table.Add(
                row.Name,
                Quantity.Count(row.Figures.ReadTokensPerSecond),
                Quantity.Count(row.Figures.DecodeTokensPerSecond),
                row.Training is { } training ? Quantity.Count(training.Parameters) : "0",
                row.Training is { } run ? Quantity.Count(run.Tokens) : "0",
                row.WindowBeside);
        return table;
    }

    private static string? Nats(Estimate? estimate) => estimate is null ? null : Quantity.Fixed(estimate.Value, 3);

    private static string? Interval(Estimate? estimate) =>
        estimate is { Low: { } low, High: { } high } ? $"{Quantity.Fixed(low, 3)} to {Quantity.Fixed(high, 3)}" : null;

    private static string Share(double share, double low, double high) => $"{Whole(share)} ({Whole(low)}-{Whole(high)})";

    private static string Whole(double share) => (share * 100).ToString("0", CultureInfo.InvariantCulture);
}
