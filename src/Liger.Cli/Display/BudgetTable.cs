using System.Globalization;
using Liger.Steps;

namespace Liger.Cli.Display;

/// <summary>The windows by kv head of a conversion within a budget.</summary>
internal static class BudgetTable
{
    /// <summary>What every window does in every head, the chosen ones marked, and what the whole choice does.</summary>
    internal static string Text(BudgetedWindows budget)
    {
        var sizes = budget.Heads.SelectMany(head => head.Windows.Select(window => window.Window)).Distinct().Order().ToList();
        var table = new TextTable(["head", .. sizes.Select(size => Quantity.Count(size)), "window", "bytes"]);
        foreach (var head in budget.Heads)
            table.Add([head.Head, .. sizes.Select(size => Cell(head, size)), Quantity.Count(head.Window), Quantity.Count(head.Windows.Single(w => w.Window == head.Window).Bytes)]);
        return $"KL on the text + KL of recalls that a window in one head does, the chosen one marked\n{table}"
            + $"{Quantity.Count(budget.Bytes)} bytes of {Quantity.Count(budget.Budget)}, {Quantity.Count(budget.KeptBytes)} of them in kept places; all together: "
            + $"KL {Nats(budget.KlDivergence)} (the sum {Nats(budget.PredictedKlDivergence)}), of recalls {Nats(budget.RecallKlDivergence)} (the sum {Nats(budget.PredictedRecallKlDivergence)}), "
            + $"recall {Quantity.Percent(budget.Recall)} (the original {Quantity.Percent(budget.OriginalRecall)})\n";
    }

    private static string? Cell(BudgetedHead head, int size) => head.Windows.FirstOrDefault(window => window.Window == size) is { } window
        ? $"{(size == head.Window ? "*" : "")}{Nats(window.KlDivergence + window.RecallKlDivergence)}"
        : null;

    private static string Nats(double value) => value.ToString("0.0000", CultureInfo.InvariantCulture);
}
