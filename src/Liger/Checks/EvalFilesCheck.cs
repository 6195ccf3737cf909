namespace Liger.Checks;

/// <summary>The files that results are measured on are there.</summary>
internal sealed class EvalFilesCheck : RecipeCheck
{
    internal override string Title => "the evaluation files are there";

    internal override string Run(CheckedRun run)
    {
        if (run.Recipe.Eval is not { } eval) return "no section eval: nothing is measured";
        var files = new[] { eval.Text, eval.Needles, eval.Mqar }.OfType<string>();
        foreach (var file in files)
            if (!File.Exists(file))
                throw new LigerException($"{file}: there is no such file. Check eval.text, eval.needles and eval.mqar.", ExitCode.WrongUse);
        return string.Join(", ", files);
    }
}
