using System.CommandLine;
using Liger.Cli.Display;
using Liger.Steps;

namespace Liger.Cli.Verbs;

/// <summary>RECIPE, OVER …, --to, --device, --resume and --overwrite, of every verb that trains.</summary>
internal sealed class RunArguments
{
    private readonly RecipeArguments recipe = new();
    private readonly Option<string?> to = Options.Maybe("--to", "DIR", "The run folder [default: run_folder of the recipe, or runs/NAME].");
    private readonly Option<string?> device = Options.Maybe("--device", "DEVICE", "auto, cpu, cuda or cuda:N [default: train.device of the recipe].");
    private readonly Option<bool> resume = new("--resume") { Description = "Go on with a run that was stopped or killed." };
    private readonly Option<bool> overwrite = Options.Overwrite("the run");

    internal void AddTo(Command command)
    {
        recipe.AddTo(command);
        foreach (var option in (Option[])[to, device, resume, overwrite]) command.Add(option);
        command.Validators.Add(result =>
        {
            if (result.GetValue(resume) && result.GetValue(overwrite)) result.AddError("--resume goes on with the run and --overwrite throws it away: give one of them.");
        });
    }

    internal FinetuneOptions Of(ParseResult parsed) => new()
    {
        Recipe = recipe.Load(parsed, Assignment("run_folder", parsed.GetValue(to)), Assignment("train.device", parsed.GetValue(device))),
        Resume = parsed.GetValue(resume),
        Overwrite = parsed.GetValue(overwrite),
    };

    internal void SayHowToResume(Terminal terminal, ParseResult parsed, string verb, FinetuneResult result)
    {
        string?[] words =
        [
            "liger", verb, .. recipe.Files(parsed).Concat(recipe.Overrides(parsed)).Select(Quoted),
            parsed.GetValue(to) is { } folder ? $"--to {Quoted(folder)}" : null, parsed.GetValue(device) is { } place ? $"--device {place}" : null, "--resume",
        ];
        terminal.Say($"stopped after step {Quantity.Count(result.Steps)} and saved. Go on with: {string.Join(' ', words.Where(word => word is not null))}");
    }

    // For the shell: in single quotes unless every character is plain.
    private static string Quoted(string word) =>
        word.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '.' or '_' or '-' or '=' or ':') ? word : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    // A value of an option is text, not YAML.
    private static string? Assignment(string key, string? value) =>
        value is null ? null : $"{key}=\"{value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
}
