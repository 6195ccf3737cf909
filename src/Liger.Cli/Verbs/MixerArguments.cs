using System.CommandLine;
using Liger.Steps;

namespace Liger.Cli.Verbs;

/// <summary>--mixer and the options of all mixers, taken from the list of mixers itself; values are checked by the mixer that is chosen.</summary>
internal sealed class MixerArguments
{
    private readonly Option<string> mixer;
    private readonly List<Option<string?>> options;

    internal MixerArguments()
    {
        var mixers = MixerList.All();
        this.mixer = new Option<string>("--mixer")
        {
            Description = $"The token mixer: {string.Join(", ", mixers.Select(mixer => mixer.Name))}.",
            HelpName = "NAME",
            Required = true,
        };
        options = [.. mixers
            .SelectMany(mixer => mixer.Options)
            .GroupBy(option => option.Name)
            .Select(group => Options.Maybe($"--{group.Key}", "N", Describe(group.First(), mixers)))];
    }

    internal void AddTo(Command command)
    {
        command.Add(mixer);
        foreach (var option in options) command.Add(option);
    }

    internal string Name(ParseResult parsed) => parsed.GetRequiredValue(mixer);

    /// <summary>The options that were given, by name without dashes.</summary>
    internal IReadOnlyDictionary<string, string> Given(ParseResult parsed) => options
        .Where(option => parsed.GetValue(option) is not null)
        .ToDictionary(option => option.Name.TrimStart('-'), option => parsed.GetValue(option)!);

    private static string Describe(ListedOption option, IReadOnlyList<ListedMixer> mixers)
    {
        var takers = mixers.Where(mixer => mixer.Options.Any(other => other.Name == option.Name)).ToList();
        // A recurrence's hybrid takes what the recurrence takes.
        var names = takers.Select(mixer => mixer.Name).Where(name => !takers.Exists(other => name == $"liger-{other.Name}")).ToList();
        var hybrids = names.Count < takers.Count ? ", alone and as liger- hybrids" : "";
        if (mixers.Where(mixer => IsHybrid(mixer.Name)).All(mixer => names.Contains(mixer.Name)))
            names = [.. names.Where(name => !IsHybrid(name)), "all liger- hybrids"];
        var defaults = takers.Select(mixer => mixer.Options.First(other => other.Name == option.Name).Default).Distinct();
        return $"{Capital(option.Meaning)}; {option.Range} (of {string.Join(", ", names)}{hybrids}) [default: {string.Join(" or ", defaults)}]";
    }

    private static bool IsHybrid(string mixer) => mixer.StartsWith("liger-", StringComparison.Ordinal);

    private static string Capital(string text) => char.ToUpperInvariant(text[0]) + text[1..];
}
