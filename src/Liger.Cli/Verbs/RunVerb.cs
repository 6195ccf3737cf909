using System.CommandLine;
using Liger.Cli.Display;
using Liger.Steps;

namespace Liger.Cli.Verbs;

/// <summary>"liger run": all steps of a recipe.</summary>
internal static class RunVerb
{
    internal static Command Create(VerbContext context)
    {
        var recipe = new RunArguments();
        var json = Options.Json();
        var command = new Command("run", "Runs all steps of a recipe: convert, finetune, eval, export, generate.");
        recipe.AddTo(command);
        command.Add(json);
        command.SetAction(parsed =>
        {
            var options = recipe.Of(parsed);
            var result = ProgressDisplay.Run(context.Terminal, observer => new RunStep(options).Run(observer, context.Stop));
            context.Terminal.Output.Write(parsed.GetValue(json) ? ResultJson.Write(result, ResultJson.Default.RunResult) + "\n" : Report(result));
            if (!result.Finetune.Cancelled) return (int)ExitCode.Done;
            recipe.SayHowToResume(context.Terminal, parsed, "run", result.Finetune);
            return (int)ExitCode.Cancelled;
        });
        return command;
    }

    private static string Report(RunResult result)
    {
        var parts = new List<string> { FinetuneVerb.Facts(result.Finetune) };
        if (result.Export is { } export) parts.Add(ExportVerb.Facts(export));
        if (result.Generate is { } generate) parts.Add($"{generate.Prompt}{generate.Text}\n");
        if (result.Evaluations.Count > 0) parts.Add(EvalTable.Of(result.Evaluations));
        return string.Join('\n', parts);
    }
}
