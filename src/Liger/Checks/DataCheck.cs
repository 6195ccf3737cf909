using Liger.Steps;

namespace Liger.Checks;

/// <summary>The data reads, tokenizes and fills at least one row.</summary>
internal sealed class DataCheck : RecipeCheck
{
    internal override string Title => "the data fills rows";

    internal override string Run(CheckedRun run)
    {
        var rows = run.Rows = TrainingRows.Read(run.Recipe.Data, run.Tokenizer, SilentObserver.Instance);
        return FormattableString.Invariant($"{rows.Train.Count:#,0} rows of {run.Recipe.Data.Context:#,0} tokens to train on, {rows.Validation.Count:#,0} to validate on");
    }
}
