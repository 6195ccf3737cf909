using Liger.Evaluation;
using Liger.Models.Mixers;

namespace Liger.Steps;

/// <summary>What a form of one kv head does, all others having those of the choice before: the original's at first.</summary>
/// <param name="Window">Tokens in sight; null is all, softmax.</param>
/// <param name="Bytes">Bytes that the head then keeps of one sequence: however long it gets or, with softmax, at <see cref="BudgetedHeads.Context"/> tokens.</param>
/// <param name="KlDivergence">KL(original ‖ converted) on the text, nats a token.</param>
/// <param name="RecallKlDivergence">The same on passages that are asked for.</param>
public sealed record MeasuredForm(int? Window, long Bytes, double KlDivergence, double RecallKlDivergence)
{
    /// <summary>Selected keys beside the window; null is none.</summary>
    public int? Keys { get; init; }

    /// <summary>Rank of the memory behind the window, measured as keys that it can hold; null is none.</summary>
    public int? MemoryRank { get; init; }

    internal static MeasuredForm Of(FormDamage made) => new(made.Form.Window, made.Form.Bytes, made.Divergence, made.RecallDivergence)
    {
        Keys = made.Form.Keys > 0 ? made.Form.Keys : null,
        MemoryRank = made.Form.Rank > 0 ? made.Form.Rank : null,
    };
}

/// <summary>What one kv head has got, and what it might have got.</summary>
/// <param name="Head">"5.1".</param>
/// <param name="Mixer">"NAME option=value …".</param>
/// <param name="Chosen">Its form.</param>
/// <param name="Forms">Every form that was measured.</param>
public sealed record BudgetedHead(string Head, string Mixer, MeasuredForm Chosen, IReadOnlyList<MeasuredForm> Forms)
{
    /// <summary>Its mixer again.</summary>
    internal MixerSpec Spec => MixerSpec.Parse(Mixer);
}

/// <summary>What each kv head remembers within a number of bytes.</summary>
/// <param name="Budget">The bytes of one sequence that were allowed.</param>
/// <param name="Bytes">The bytes of one sequence that the whole model keeps, at any length or, where one grows, at <see cref="Context"/> tokens.</param>
/// <param name="KeptBytes">Those of them that the kept places take.</param>
/// <param name="Context">Tokens at which what grows counts: those that the budget says, or the longest sequence of the model.</param>
/// <param name="Rounds">How often the choice was made again, each time from the choice before; 0 where there are windows alone.</param>
/// <param name="KlDivergence">KL(original ‖ converted) of the whole choice on the text, nats a token; kept places included.</param>
/// <param name="RecallKlDivergence">The whole choice on passages that are asked for.</param>
/// <param name="Recall">Share of those passages' tokens that are the likeliest.</param>
/// <param name="OriginalRecall">Recall of the original.</param>
/// <param name="Tokens">Scored tokens of the text.</param>
/// <param name="Heads">Every kv head that is not kept.</param>
public sealed record BudgetedHeads(
    long Budget, long Bytes, long KeptBytes, long Context, int Rounds, double KlDivergence, double RecallKlDivergence,
    double Recall, double OriginalRecall, long Tokens, IReadOnlyList<BudgetedHead> Heads)
{
    internal static BudgetedHeads Of(HeadBudget made, MemoryBudget budget, long kept) => new(
        budget.Bytes, kept + made.Bytes, kept, budget.Context, made.Round, made.Divergence, made.RecallDivergence, made.Recall, made.OriginalRecall, made.Tokens,
        [.. made.Heads.Zip(made.Chosen, (head, chosen) => new BudgetedHead(
            head.Place, chosen.Form.Spec.ToText(), MeasuredForm.Of(chosen), [.. head.Forms.Select(MeasuredForm.Of)]))]);
}
