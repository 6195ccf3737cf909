using System.CommandLine;

namespace Liger.Cli.Verbs;

/// <summary>"liger validate": says what would go wrong with a recipe before anything is computed.</summary>
internal static class ValidateVerb
{
    internal static Command Create(VerbContext context)
    {
        var recipe = new RecipeArguments();
        var command = new Command("validate", "Checks a recipe and everything it names, without computing anything.");
        recipe.AddTo(command);
        command.SetAction(parsed =>
        {
            recipe.Load(parsed);
            context.Terminal.Output.WriteLine("1. the recipe reads: ok");
            return (int)ExitCode.Done;
        });
        return command;
    }
}
