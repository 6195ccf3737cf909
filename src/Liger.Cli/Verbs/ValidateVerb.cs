using System.CommandLine;
using Liger.Checks;
using Liger.Steps;

namespace Liger.Cli.Verbs;

/// <summary>"liger validate": says what would go wrong with a recipe before anything is computed.</summary>
internal static class ValidateVerb
{
    internal static Command Create(VerbContext context)
    {
        var recipe = new RecipeArguments();
        var json = Options.Json();
        var command = new Command("validate", "Checks a recipe and everything it names, without computing anything.");
        recipe.AddTo(command);
        command.Add(json);
        command.SetAction(parsed =>
        {
            var outcomes = PreFlight.Run(recipe.Files(parsed), recipe.Overrides(parsed));
            if (parsed.GetValue(json)) context.Terminal.Output.WriteLine(ResultJson.Write(outcomes, ResultJson.Default.IReadOnlyListCheckOutcome));
            else
                foreach (var outcome in outcomes) context.Terminal.Output.WriteLine(Line(outcome));
            return (int)(outcomes.FirstOrDefault(outcome => outcome.Status == CheckStatus.Failed)?.ExitCode ?? ExitCode.Done);
        });
        return command;
    }

    private static string Line(CheckOutcome outcome)
    {
        var status = outcome.Status switch { CheckStatus.Ok => "ok", CheckStatus.Failed => "FAILED", _ => "skipped" };
        return $"{outcome.Number,2}. {outcome.Title}: {status} — {outcome.Detail.Replace("\n", "\n      ", StringComparison.Ordinal)}";
    }
}
