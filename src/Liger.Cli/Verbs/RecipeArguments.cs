using System.CommandLine;
using Liger.Recipes;

namespace Liger.Cli.Verbs;

/// <summary>The arguments RECIPE and key=value … of every verb that takes a recipe.</summary>
internal sealed class RecipeArguments
{
    private readonly Argument<string> recipe = new("RECIPE") { Description = "A recipe (YAML), such as those under recipes/." };
    private readonly Argument<string[]> overrides = new("key=value")
    {
        Description = "Lays values over the recipe, such as train.lr=3e-4 or 'lora.targets=[q_proj]'.",
        Arity = ArgumentArity.ZeroOrMore,
    };

    internal void AddTo(Command command)
    {
        command.Add(recipe);
        command.Add(overrides);
        command.Validators.Add(result =>
        {
            foreach (var token in result.GetValue(overrides) ?? [])
            {
                if (token.Contains('=', StringComparison.Ordinal) && !token.StartsWith('-')) continue;
                result.AddError(token.StartsWith('-') ? Misspelt.Option(command, token) : $"expected key=value (such as train.lr=3e-4), got '{token}'.");
            }
        });
    }

    internal string File(ParseResult parsed) => parsed.GetRequiredValue(recipe);

    internal string[] Overrides(ParseResult parsed) => parsed.GetValue(overrides) ?? [];

    /// <summary>Reads the recipe with what the command line lays over it, and what options of the verb do.</summary>
    internal Recipe Load(ParseResult parsed, params string?[] more) => RecipeFile.Load(File(parsed), Overrides(parsed).Concat(more.OfType<string>()));
}
