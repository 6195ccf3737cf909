namespace Liger.Checks;

/// <summary>The files that results are measured on are there.</summary>
internal sealed class EvalFilesCheck : RecipeCheck
{
    internal override string Title => "the evaluation files are there";

    internal override string Run(CheckedRun run)
    {
        foreach (var file in run.Recipe.AllStages.Select(stage => stage.Signs.NeedleFile).OfType<string>())
            if (!File.Exists(file))
                throw new LigerException($"{file}: there is no such file. Check train.needles and those of stages.", ExitCode.WrongUse);
        if (run.Recipe.Eval is not { } eval) return "no section eval: nothing is measured";
        var files = new[] { eval.Text, eval.Needles, eval.Mqar }.OfType<string>();
        foreach (var file in files)
            if (!File.Exists(file))
                throw new LigerException($"{file}: there is no such file. Check eval.text, eval.needles and eval.mqar.", ExitCode.WrongUse);
        return string.Join(", ", files);
    }
}
