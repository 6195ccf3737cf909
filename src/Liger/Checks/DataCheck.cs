using Liger.Recipes;
using Liger.Steps;

namespace Liger.Checks;

/// <summary>The data reads, tokenizes and fills at least one row.</summary>
internal sealed class DataCheck : RecipeCheck
{
    internal override string Title => "the data fills rows";

    internal override string Run(CheckedRun run)
    {
        var lines = new List<string>();
        foreach (var data in run.Recipe.AllStages.Select(run.Recipe.DataOf).Distinct<DataSection>(ReferenceEqualityComparer.Instance))
        {
            var rows = TrainingRows.Read(data, run.Tokenizer, SilentObserver.Instance).Mixed(data, run.Tokenizer);
            lines.Add(FormattableString.Invariant($"{rows.Train.Count:#,0} rows of {data.Context:#,0} tokens to train on, {rows.Validation.Count:#,0} to validate on{Recall(rows)}"));
        }
        return string.Join("; ", lines);
    }

    // The first window is made: wording and context must fit each other.
    private static string Recall(TrainingRows rows) => rows.Mix is not { } mix ? "" : FormattableString.Invariant(
        $", {mix.Share:0.##} of what is taken recall windows, the first with {mix.Row(0).Answers.Count} answers");
}
