using System.Globalization;
using Liger.Steps;

namespace Liger.Cli.Display;

/// <summary>What each kv head remembers after a conversion within a budget.</summary>
internal static class BudgetTable
{
    /// <summary>What every head has got, what that does alone, and what the whole choice does.</summary>
    internal static string Text(BudgetedHeads budget)
    {
        var table = new TextTable("head", "window", "keys", "memory", "bytes", "KL", "KL of recalls");
        foreach (var head in budget.Heads)
        {
            var form = head.Chosen;
            table.Add(head.Head, form.Window is { } window ? Quantity.Count(window) : "softmax", Maybe(form.Keys), Maybe(form.MemoryRank), Quantity.Count(form.Bytes), Nats(form.KlDivergence), Nats(form.RecallKlDivergence));
        }
        var growing = budget.Heads.Count(head => head.Chosen.Window is null);
        var at = growing > 0 ? $" at {Quantity.Count(budget.Context)} tokens, growing in {Quantity.Count(growing)} of {Quantity.Count(budget.Heads.Count)} kv heads" : "";
        return $"what each kv head remembers, and KL while all others were {(budget.Rounds == 0 ? "the original's" : "as chosen before")}\n{table}"
            + $"{Quantity.Count(budget.Bytes)} bytes of {Quantity.Count(budget.Budget)}{at}; {Quantity.Count(budget.KeptBytes)} of them in kept places; all together: KL {Nats(budget.KlDivergence)}, "
            + $"of recalls {Nats(budget.RecallKlDivergence)}, recall {Quantity.Percent(budget.Recall)} (the original {Quantity.Percent(budget.OriginalRecall)})\n"
            + (budget.Heads.Any(head => head.Chosen.MemoryRank is not null) ? "a memory was measured as its window on the text and as the selected keys that it can hold on recalls: it has to be trained\n" : "");
    }

    private static string? Maybe(int? number) => number is { } value ? Quantity.Count(value) : null;

    private static string Nats(double value) => value.ToString("0.0000", CultureInfo.InvariantCulture);
}
