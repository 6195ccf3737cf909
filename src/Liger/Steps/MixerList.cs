using Liger.Models.Mixers;

namespace Liger.Steps;

/// <summary>A token mixer as it is listed.</summary>
/// <param name="Name">How commands, recipes and config.json call it.</param>
/// <param name="Summary">One line on what it is.</param>
/// <param name="Formula">What it computes with its defaults, in one line; may be empty.</param>
/// <param name="Source">Where its formula comes from.</param>
/// <param name="StateBytes">What decoding one sequence keeps with its defaults in a model of Llama-3-8B's shape in bf16, at 8,192 tokens.</param>
/// <param name="Grows">Whether that grows with the context.</param>
/// <param name="Parameters">Numbers it declares there.</param>
/// <param name="Options">What it can be told.</param>
public sealed record ListedMixer(
    string Name, string Summary, string Formula, string Source, long StateBytes, bool Grows, long Parameters, IReadOnlyList<ListedOption> Options);

/// <summary>An option of a token mixer as it is listed.</summary>
/// <param name="Name">Its name in kebab-case (in recipes and config.json: snake_case).</param>
/// <param name="Meaning">What it does.</param>
/// <param name="Range">The values it takes, in words.</param>
/// <param name="Default">Its value when not given.</param>
public sealed record ListedOption(string Name, string Meaning, string Range, string Default);

/// <summary>The token mixers there are.</summary>
public static class MixerList
{
    private const int Layers = 32, Heads = 32, KvHeads = 8, HeadDim = 128, Context = 8192, ElementSize = 2;

    /// <summary>All of them, by name.</summary>
    public static IReadOnlyList<ListedMixer> All() => [.. MixerCatalog.All.Select(Describe)];

    private static ListedMixer Describe(MixerKind kind)
    {
        var mixer = kind.Create(new Dictionary<string, string>(), new MixerShape(Heads, KvHeads, HeadDim));
        long Bytes(long tokens) => Layers * mixer.StateBytes(tokens, ElementSize);
        var declared = Layers * mixer.Parameters.Sum(p => p.Parameter.Shape.Aggregate((a, b) => a * b));
        return new ListedMixer(kind.Name, kind.Summary, kind.Formula, kind.Source, Bytes(Context), Bytes(2 * Context) > Bytes(Context), declared, [.. kind.Options.Select(Describe)]);
    }

    private static ListedOption Describe(MixerOption option) => new(option.Name, option.Meaning, option.Expected, option.Default);
}
