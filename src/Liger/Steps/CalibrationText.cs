using Liger.Evaluation;
using Liger.Text;

namespace Liger.Steps;

/// <summary>What a conversion measures on.</summary>
/// <param name="Ids">The text's tokens.</param>
/// <param name="Asked">Windows of it that ask for what they say; empty: recall is measured by the text's own passages.</param>
/// <param name="ToFit">Other such windows, for key scores to be fitted on.</param>
internal sealed record CalibrationText(IReadOnlyList<int> Ids, IReadOnlyList<RecallWindow> Asked, IReadOnlyList<int[]> ToFit)
{
    /// <summary>Windows to fit on: one pass over them costs little beside those of measuring.</summary>
    private const int WindowsToFit = 128;

    /// <summary>Reads the text and makes the windows.</summary>
    /// <param name="keep">Which text, how much of it, and how facts are worded.</param>
    /// <param name="tokenizer">The model's.</param>
    /// <param name="context">Tokens of a row.</param>
    /// <exception cref="TextException">The text is too short, or the wording cannot be read.</exception>
    internal static CalibrationText Read(KeptPlaces keep, Tokenizer tokenizer, int context)
    {
        var ids = EvaluationText.Read(tokenizer, keep.Calibrate!);
        if (!keep.WordedRecall)
            return new CalibrationText(ids, [], []);
        var wording = new RecallOptions { Context = context, Templates = RecallTemplates.Load(keep.CalibrateRecall, keep.CalibrateNames) };
        var windows = new RecallWindows(RecallText.Of([ids], tokenizer), wording with { ListShare = keep.CalibrateLists ?? wording.ListShare });
        var measured = Math.Max(1, keep.CalibrateTokens / context);
        return new CalibrationText(
            ids,
            [.. Enumerable.Range(0, measured).Select(number => windows[number])],
            [.. Enumerable.Range(measured, WindowsToFit).Select(number => windows[number].Ids)]);
    }
}
