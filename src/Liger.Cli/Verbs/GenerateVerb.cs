using System.CommandLine;
using System.Globalization;
using Liger.Cli.Display;
using Liger.Steps;

namespace Liger.Cli.Verbs;

/// <summary>"liger generate": continues a text.</summary>
internal static class GenerateVerb
{
    private const int MostTokens = 1 << 20, MostTemperature = 100;

    internal static Command Create(VerbContext context)
    {
        var model = new ModelArguments();
        var prompt = Options.Maybe("--prompt", "TEXT", "What the text begins with; with --load-state, what it goes on with, if anything.");
        var maxTokens = Options.Whole("--max-tokens", 128, 1, MostTokens, "Tokens to add at most.");
        var temperature = Options.Number("--temperature", 0, 0, MostTemperature, "0 takes the likeliest token; above 0 draws from the distribution with logits divided by it.");
        var topP = Options.Number("--top-p", 1, 0, 1, "With a temperature: draw from the likeliest tokens that together reach this probability.");
        var seed = Options.Whole("--seed", 0, 0, int.MaxValue, "Seeds the draws.");
        var save = Options.Maybe("--save-state", "FILE", "Save what the model remembers at the end, to go on from there.");
        var load = Options.Maybe("--load-state", "FILE", "Go on from a saved state; it is not changed.");
        var command = new Command("generate", "Continues a text: writes what follows the prompt, and only that, to standard output.");
        model.AddTo(command);
        foreach (var option in (Option[])[prompt, maxTokens, temperature, topP, seed, save, load]) command.Add(option);
        command.Validators.Add(result =>
        {
            if (result.GetResult(prompt) is null && result.GetResult(load) is null)
                result.AddError("--prompt: expected a text, unless --load-state says where to go on.");
        });
        command.SetAction(parsed =>
        {
            var step = new GenerateStep(new GenerateOptions
            {
                Model = model.Of(parsed),
                Prompt = parsed.GetValue(prompt) ?? "",
                MaxTokens = parsed.GetValue(maxTokens),
                Temperature = parsed.GetValue(temperature),
                TopP = parsed.GetValue(topP),
                Seed = parsed.GetValue(seed),
                SaveState = parsed.GetValue(save),
                LoadState = parsed.GetValue(load),
            });
            var output = context.Terminal.Output;
            var result = step.Run(
                piece =>
                {
                    output.Write(piece);
                    output.Flush();
                },
                context.Stop);
            output.WriteLine();
            context.Terminal.Say(string.Create(
                CultureInfo.InvariantCulture,
                $"{result.Tokens} tokens, first after {result.SecondsToFirstToken:0.00} s, then {result.TokensPerSecond:0.0} tokens/s, {Quantity.Bytes(result.StateBytes)} of state"));
            return (int)(context.Stop.IsCancellationRequested ? ExitCode.Cancelled : ExitCode.Done);
        });
        return command;
    }
}
