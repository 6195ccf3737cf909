namespace Liger.Recipes;

/// <summary>The section "mixer": what takes the place of softmax attention.</summary>
public sealed record MixerSection
{
    /// <summary>The token mixer's name ("liger list mixers" shows them all).</summary>
    public string Name { get; init; } = "";

    /// <summary>The mixer's own options by name, as written; a missing one has the mixer's default.</summary>
    public IReadOnlyDictionary<string, string> Options { get; init; } = new Dictionary<string, string>();

    internal static MixerSection Bind(ISection s, MixerSection m) => new()
    {
        Name = s.Required("name", m.Name, Kind.Words),
        Options = s.Rest(m.Options),
    };
}
