using System.CommandLine;
using Liger.Recipes;

namespace Liger.Cli.Verbs;

/// <summary>Says what an unknown word of a command line was probably meant to be.</summary>
internal static class Misspelt
{
    internal static string Option(Command command, string word)
    {
        var inherited = command.Parents.OfType<Command>().SelectMany(parent => parent.Options).Where(option => option.Recursive);
        return Describe("option", word, command.Options.Concat(inherited).Select(option => option.Name));
    }

    internal static string Word(Command command, string word) =>
        word.StartsWith('-') ? Option(command, word)
        : Describe(command.Subcommands.Count > 0 ? "command" : "argument", word, command.Subcommands.Select(verb => verb.Name));

    private static string Describe(string kind, string word, IEnumerable<string> known)
    {
        var nearest = NearestName.Find(word, known);
        return $"unknown {kind} '{word}'." + (nearest is null ? "" : $" Nearest known: {nearest}.");
    }
}
