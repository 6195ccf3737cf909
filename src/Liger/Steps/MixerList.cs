using Liger.Models.Mixers;

namespace Liger.Steps;

/// <summary>A token mixer as it is listed.</summary>
/// <param name="Name">How commands, recipes and config.json call it.</param>
/// <param name="Summary">One line on what it is.</param>
/// <param name="Source">Where its formula comes from.</param>
/// <param name="Options">What it can be told.</param>
public sealed record ListedMixer(string Name, string Summary, string Source, IReadOnlyList<ListedOption> Options);

/// <summary>An option of a token mixer as it is listed.</summary>
/// <param name="Name">Its name in kebab-case (in recipes and config.json: snake_case).</param>
/// <param name="Meaning">What it does.</param>
/// <param name="Range">The values it takes, in words.</param>
/// <param name="Default">Its value when not given.</param>
public sealed record ListedOption(string Name, string Meaning, string Range, string Default);

/// <summary>The token mixers there are.</summary>
public static class MixerList
{
    /// <summary>All of them, by name.</summary>
    public static IReadOnlyList<ListedMixer> All() => [.. MixerCatalog.All.Select(kind => new ListedMixer(kind.Name, kind.Summary, kind.Source, [.. kind.Options.Select(Describe)]))];

    private static ListedOption Describe(MixerOption option) => new(option.Name, option.Meaning, option.Expected, option.Default);
}
