namespace Liger.Models.Mixers;

/// <summary>A registered mixer: what it is called, what it takes, and how it is made.</summary>
public sealed class MixerKind
{
    private readonly IReadOnlyList<OptionGroup> groups;
    private readonly Func<IReadOnlyList<object>, MixerShape, TokenMixer> make;

    internal MixerKind(string name, string summary, string source, IReadOnlyList<OptionGroup> groups, Func<IReadOnlyList<object>, MixerShape, TokenMixer> make)
    {
        (Name, Summary, Source, this.groups, this.make) = (name, summary, source, groups, make);
        Options = [.. groups.SelectMany(g => g.Options)];
        var twice = Options.GroupBy(o => o.Name).FirstOrDefault(g => g.Count() > 1);
        if (twice is not null)
            throw new ModelException($"mixer {name}: the option '{twice.Key}' is declared twice.");
    }

    /// <summary>As convert, recipes and config.json call it.</summary>
    public string Name { get; }

    /// <summary>One line for lists.</summary>
    public string Summary { get; }

    /// <summary>Where the formula comes from.</summary>
    public string Source { get; }

    /// <summary>What it computes, in one line; may be empty.</summary>
    public string Formula { get; init; } = "";

    /// <summary>All options it takes.</summary>
    public IReadOnlyList<MixerOption> Options { get; }

    internal IReadOnlyList<OptionGroup> Groups => groups;

    /// <summary>Makes the mixer of one layer.</summary>
    /// <param name="options">Option values by kebab-case name; what is missing has its default.</param>
    /// <param name="shape">The layer's sizes.</param>
    /// <exception cref="ModelException">An option that is unknown, out of range, or does not fit the shape.</exception>
    public TokenMixer Create(IReadOnlyDictionary<string, string> options, MixerShape shape)
    {
        CheckNames(options);
        return make([.. groups.Select(g => g.Bind(Name, options))], shape);
    }

    /// <summary>Every option with its value, defaults filled in, each in canonical form.</summary>
    /// <exception cref="ModelException">An option that is unknown or out of range.</exception>
    public IReadOnlyDictionary<string, string> Complete(IReadOnlyDictionary<string, string> options)
    {
        CheckNames(options);
        return Options.ToDictionary(o => o.Name, o => options.TryGetValue(o.Name, out var text) ? o.Check(Name, text) : o.Default);
    }

    internal TokenMixer Make(IReadOnlyList<object> bound, MixerShape shape) => make(bound, shape);

    private void CheckNames(IReadOnlyDictionary<string, string> options)
    {
        var unknown = options.Keys.FirstOrDefault(key => Options.All(o => o.Name != key));
        if (unknown is not null)
            throw new ModelException(
                $"mixer {Name}: unknown option '{unknown}' — expected {(Options.Count == 0 ? "none" : string.Join(", ", Options.Select(o => o.Name)))}.");
    }
}

/// <summary>The options of one record type.</summary>
internal sealed class OptionGroup(Type type)
{
    internal IReadOnlyList<MixerOption> Options { get; } =
        [.. type.GetProperties().Where(p => p.CanWrite).Select(p => new MixerOption(p, Activator.CreateInstance(type)!))];

    internal object Bind(string mixer, IReadOnlyDictionary<string, string> options)
    {
        var record = Activator.CreateInstance(type)!;
        foreach (var option in Options)
            if (options.TryGetValue(option.Name, out var text))
                option.Set(mixer, record, text);
        return record;
    }
}
