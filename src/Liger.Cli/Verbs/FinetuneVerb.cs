using System.CommandLine;
using Liger.Cli.Display;
using Liger.Steps;

namespace Liger.Cli.Verbs;

/// <summary>"liger finetune": trains a LoRA adapter as a recipe says.</summary>
internal static class FinetuneVerb
{
    internal static Command Create(VerbContext context)
    {
        var recipe = new RunArguments();
        var json = Options.Json();
        var command = new Command("finetune", "Trains a LoRA adapter as a recipe says; Ctrl-C stops after the step and saves.");
        recipe.AddTo(command);
        command.Add(json);
        command.SetAction(parsed =>
        {
            var options = recipe.Of(parsed);
            var result = ProgressDisplay.Run(context.Terminal, observer => new FinetuneStep(options).Run(observer, context.Stop));
            context.Terminal.Output.Write(parsed.GetValue(json) ? ResultJson.Write(result, ResultJson.Default.FinetuneResult) + "\n" : Facts(result));
            if (!result.Cancelled) return (int)ExitCode.Done;
            recipe.SayHowToResume(context.Terminal, parsed, "finetune", result);
            return (int)ExitCode.Cancelled;
        });
        return command;
    }

    internal static string Facts(FinetuneResult result) => (result.Stages ?? [])
        .Aggregate(
            new FactList()
                .Add("adapter", result.Cancelled ? null : result.Adapter)
                .Add("steps", $"{Quantity.Count(result.Steps)}, {Quantity.Count(result.Tokens)} tokens")
                .Add("trained", $"{Quantity.Count(result.TrainedParameters)} parameters"),
            (facts, stage) => facts.Add($"stage {stage.Name}", $"{Quantity.Count(stage.Tokens)} tokens, validation {Loss(stage.FirstValidation)} to {Loss(stage.BestValidation)}"))
        .Add("loss", Loss(result.Loss))
        .Add("validation before", Loss(result.FirstValidation))
        .Add("validation after", Loss(result.LastValidation))
        .Add("validation best", result.BestValidation is { } best ? $"{Loss(best)} at step {Quantity.Count(result.BestStep ?? 0)}" : null)
        .Add("time", $"{Quantity.Time(TimeSpan.FromSeconds(result.Seconds))}, {Quantity.Count(result.TokensPerSecond)} tokens/s")
        .Add("peak memory", Quantity.Bytes(result.PeakMemoryBytes))
        .ToString();

    private static string? Loss(double? loss) => loss is { } value ? Quantity.Fixed(value, 4) : null;
}
