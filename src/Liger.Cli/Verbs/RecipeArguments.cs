using System.CommandLine;
using Liger.Recipes;

namespace Liger.Cli.Verbs;

/// <summary>The arguments RECIPE and OVER …, files and key=value, of every verb that takes a recipe.</summary>
internal sealed class RecipeArguments
{
    private readonly Argument<string> recipe = new("RECIPE") { Description = "A recipe (YAML), such as those under recipes/." };
    private readonly Argument<string[]> more = new("OVER")
    {
        Description = "What is laid over it: files, such as recipes/mixers/liger-mamba2.yaml, and over all files values, such as train.lr=3e-4 or 'lora.targets=[q_proj]'.",
        Arity = ArgumentArity.ZeroOrMore,
    };

    internal void AddTo(Command command)
    {
        command.Add(recipe);
        command.Add(more);
        command.Validators.Add(result =>
        {
            foreach (var word in result.GetValue(more) ?? [])
            {
                if (word.StartsWith('-')) result.AddError(Misspelt.Option(command, word));
                else if (IsFile(word) && !Path.Exists(word)) result.AddError($"expected a file that exists or key=value (such as train.lr=3e-4), got '{word}'.");
            }
        });
    }

    /// <summary>The recipe's files, the first one first.</summary>
    internal IReadOnlyList<string> Files(ParseResult parsed) => [parsed.GetRequiredValue(recipe), .. More(parsed).Where(IsFile)];

    internal IReadOnlyList<string> Overrides(ParseResult parsed) => [.. More(parsed).Where(word => !IsFile(word))];

    /// <summary>Reads the recipe with what the command line lays over it, and what options of the verb do.</summary>
    internal Recipe Load(ParseResult parsed, params string?[] assignments) => RecipeFile.Load(Files(parsed), Overrides(parsed).Concat(assignments.OfType<string>()));

    /// <summary>Whether a word of the command line means a file, or else key=value.</summary>
    internal static bool IsFile(string word) => !word.Contains('=', StringComparison.Ordinal) || Path.Exists(word);

    private string[] More(ParseResult parsed) => parsed.GetValue(more) ?? [];
}
