using System.CommandLine;
using Liger.Cli.Display;
using Liger.Steps;

namespace Liger.Cli.Verbs;

/// <summary>"liger finetune": trains a LoRA adapter as a recipe says.</summary>
internal static class FinetuneVerb
{
    internal static Command Create(VerbContext context)
    {
        var recipe = new RecipeArguments();
        var to = Options.Maybe("--to", "DIR", "The run folder [default: run_folder of the recipe, or runs/NAME].");
        var device = Options.Maybe("--device", "DEVICE", "auto, cpu, cuda or cuda:N [default: train.device of the recipe].");
        var resume = new Option<bool>("--resume") { Description = "Go on with a run that was stopped or killed." };
        var overwrite = Options.Overwrite("the run");
        var json = Options.Json();
        var command = new Command("finetune", "Trains a LoRA adapter as a recipe says; Ctrl-C stops after the step and saves.");
        recipe.AddTo(command);
        foreach (var option in (Option[])[to, device, resume, overwrite, json]) command.Add(option);
        command.SetAction(parsed =>
        {
            var loaded = recipe.Load(parsed, Assignment("run_folder", parsed.GetValue(to)), Assignment("train.device", parsed.GetValue(device)));
            var step = new FinetuneStep(new FinetuneOptions { Recipe = loaded, Resume = parsed.GetValue(resume), Overwrite = parsed.GetValue(overwrite) });
            var result = ProgressDisplay.Run(context.Terminal, observer => step.Run(observer, context.Stop));
            context.Terminal.Output.Write(parsed.GetValue(json) ? ResultJson.Write(result, ResultJson.Default.FinetuneResult) + "\n" : Facts(result));
            if (!result.Cancelled) return (int)ExitCode.Done;
            context.Terminal.Say($"stopped after step {Quantity.Count(result.Steps)} and saved. Go on with: {ResumeCommand(parsed, recipe)}");
            return (int)ExitCode.Cancelled;
        });
        return command;

        string ResumeCommand(ParseResult parsed, RecipeArguments arguments)
        {
            string?[] words =
            [
                "liger finetune", arguments.File(parsed), .. arguments.Overrides(parsed),
                parsed.GetValue(to) is { } folder ? $"--to {folder}" : null, parsed.GetValue(device) is { } place ? $"--device {place}" : null, "--resume",
            ];
            return string.Join(' ', words.Where(word => word is not null));
        }
    }

    internal static string Facts(FinetuneResult result) => new FactList()
        .Add("adapter", result.Cancelled ? null : result.Adapter)
        .Add("steps", $"{Quantity.Count(result.Steps)}, {Quantity.Count(result.Tokens)} tokens")
        .Add("trained", $"{Quantity.Count(result.TrainedParameters)} parameters")
        .Add("loss", Loss(result.Loss))
        .Add("validation before", Loss(result.FirstValidation))
        .Add("validation after", Loss(result.LastValidation))
        .Add("validation best", result.BestValidation is { } best ? $"{Loss(best)} at step {Quantity.Count(result.BestStep ?? 0)}" : null)
        .Add("time", $"{Quantity.Time(TimeSpan.FromSeconds(result.Seconds))}, {Quantity.Count(result.TokensPerSecond)} tokens/s")
        .Add("peak memory", Quantity.Bytes(result.PeakMemoryBytes))
        .ToString();

    private static string? Loss(double? loss) => loss is { } value ? Quantity.Fixed(value, 4) : null;

    private static string? Assignment(string key, string? value) => value is null ? null : $"{key}=\"{value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
}
