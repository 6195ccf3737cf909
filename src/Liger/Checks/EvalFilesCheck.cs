namespace Liger.Checks;

/// <summary>The files that results are measured on are there.</summary>
internal sealed class EvalFilesCheck : RecipeCheck
{
    internal override string Title => "the evaluation files are there";

    internal override string Run(CheckedRun run)
    {
        if (run.Recipe.Eval is not { } eval) return "no section eval: nothing is measured";
        foreach (var file in new[] { eval.Text, eval.Needles }.OfType<string>())
            if (!File.Exists(file))
                throw new LigerException($"{file}: there is no such file. Check eval.text and eval.needles.", ExitCode.WrongUse);
        return eval.Needles is null ? eval.Text : $"{eval.Text}, {eval.Needles}";
    }
}
