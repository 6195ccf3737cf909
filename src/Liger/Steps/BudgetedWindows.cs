using Liger.Evaluation;

namespace Liger.Steps;

/// <summary>What a window does in one kv head, all others being the original's.</summary>
/// <param name="Window">Tokens in sight.</param>
/// <param name="Bytes">Bytes that the head then keeps of one sequence, however long it gets.</param>
/// <param name="KlDivergence">KL(original ‖ converted) on the text, nats a token.</param>
/// <param name="RecallKlDivergence">The same on passages that are asked for.</param>
public sealed record HeadWindow(int Window, long Bytes, double KlDivergence, double RecallKlDivergence);

/// <summary>The window that one kv head has got, and what it might have got.</summary>
/// <param name="Head">"5.1".</param>
/// <param name="Window">Tokens in sight.</param>
/// <param name="Windows">Every window that was measured.</param>
public sealed record BudgetedHead(string Head, int Window, IReadOnlyList<HeadWindow> Windows);

/// <summary>Windows by kv head within a number of bytes.</summary>
/// <param name="Budget">The bytes of one sequence that were allowed.</param>
/// <param name="Bytes">The bytes of one sequence that the whole model keeps, at any length or, where a kept place grows, at <see cref="Context"/> tokens.</param>
/// <param name="KeptBytes">Those of them that the kept places take.</param>
/// <param name="Context">The longest sequence of the model.</param>
/// <param name="PredictedKlDivergence">The sum of what the chosen windows do alone, on the text.</param>
/// <param name="KlDivergence">KL(original ‖ converted) of the whole choice on the text, nats a token; kept places included.</param>
/// <param name="PredictedRecallKlDivergence">The sum on passages that are asked for.</param>
/// <param name="RecallKlDivergence">The whole choice on passages that are asked for.</param>
/// <param name="Recall">Share of those passages' tokens that are the likeliest.</param>
/// <param name="OriginalRecall">Recall of the original.</param>
/// <param name="Tokens">Scored tokens of the text.</param>
/// <param name="Heads">Every kv head that got a window.</param>
public sealed record BudgetedWindows(
    long Budget, long Bytes, long KeptBytes, long Context, double PredictedKlDivergence, double KlDivergence, double PredictedRecallKlDivergence, double RecallKlDivergence,
    double Recall, double OriginalRecall, long Tokens, IReadOnlyList<BudgetedHead> Heads)
{
    internal static BudgetedWindows Of(WindowBudget made, MemoryBudget budget, long kept) => new(
        budget.Bytes, kept + made.Chosen.Sum(window => window.Bytes), kept, budget.Context,
        made.Chosen.Sum(window => window.Divergence), made.Divergence, made.Chosen.Sum(window => window.RecallDivergence), made.RecallDivergence,
        made.Recall, made.OriginalRecall, made.Tokens,
        [.. made.Heads.Zip(made.Chosen, (head, chosen) => new BudgetedHead(
            head.Place, chosen.Window, [.. head.Windows.Select(w => new HeadWindow(w.Window, w.Bytes, w.Divergence, w.RecallDivergence))]))]);
}
