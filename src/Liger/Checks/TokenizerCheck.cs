using Liger.Steps;
using Liger.Text;

namespace Liger.Checks;

/// <summary>The tokenizer reads, and the model has a row for each of its tokens.</summary>
internal sealed class TokenizerCheck : RecipeCheck
{
    internal override string Title => "the tokenizer fits the model";

    internal override string Run(CheckedRun run)
    {
        var tokenizer = TokenizerFolder.Load(run.Recipe.Model.Path);
        LoadedModel.CheckVocabulary(tokenizer, run.Model);
        run.Tokenizer = tokenizer;
        return FormattableString.Invariant($"{tokenizer.VocabularySize:#,0} tokens of {run.Model.Config.VocabSize:#,0}");
    }
}
