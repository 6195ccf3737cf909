using YamlDotNet.RepresentationModel;

namespace Liger.Recipes;

/// <summary>Reads one section out of a recipe file, noting every problem instead of stopping at the first.</summary>
internal sealed class SectionReader : ISection
{
    private readonly RecipeSource source;
    private readonly YamlMappingNode node;
    private readonly string path;
    private readonly List<string> known = [];
    private readonly Dictionary<string, YamlNode> keys = [];
    private readonly Dictionary<string, YamlNode> values = [];

    internal SectionReader(RecipeSource source, YamlMappingNode node, string path)
    {
        (this.source, this.node, this.path) = (source, node, path);
        foreach (var (key, value) in node.Children)
        {
            if (key is YamlScalarNode { Value: { } name })
            {
                keys[name] = key;
                values[name] = value;
            }
            else source.Problem(key, path, "a key must be plain text");
        }
    }

    public T Value<T>(string key, T value, Kind<T> kind)
    {
        known.Add(key);
        if (!values.TryGetValue(key, out var node)) return value;
        if (kind.Read(node, source.Folder(node), out var read)) return read;
        source.Problem(node, Dotted(key), $"expected {kind.Expected}, got {Describe(node)}");
        return value;
    }

    public T Required<T>(string key, T value, Kind<T> kind)
    {
        if (!values.ContainsKey(key)) source.Problem(node, Dotted(key), $"missing; expected {kind.Expected}");
        return Value(key, value, kind);
    }

    public T? Section<T>(string key, T? value, T start, Func<ISection, T, T> bind) where T : class
    {
        known.Add(key);
        if (!values.TryGetValue(key, out var node)) return value;
        if (YamlText.IsNothing(node)) return null;
        if (YamlText.IsNull(node)) node = source.Absent(node);
        return Bound(node, Dotted(key), start, bind) ?? value;
    }

    public IReadOnlyList<T> Sections<T>(string key, IReadOnlyList<T> value, T start, Func<ISection, T, T> bind) where T : class
    {
        known.Add(key);
        if (!Has(key)) return value;
        var node = values[key];
        if (node is YamlSequenceNode { Children: { Count: > 0 } entries })
            return [.. entries.Select((entry, i) => Bound(entry, $"{Dotted(key)}.{i}", start, bind)).OfType<T>()];
        source.Problem(node, Dotted(key), $"expected a list of sections (- name: …), got {Describe(node)}");
        return value;
    }

    public bool Has(string key) => values.TryGetValue(key, out var node) && !YamlText.IsNothing(node);

    public IReadOnlyDictionary<string, string> Rest(IReadOnlyDictionary<string, string> value)
    {
        var rest = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, node) in values)
        {
            if (known.Contains(key)) continue;
            if (node is YamlScalarNode { Value: { } text }) rest[key] = text;
            else source.Problem(node, Dotted(key), $"expected one value, got {Describe(node)}");
        }
        known.AddRange(rest.Keys);
        return rest;
    }

    public void Check(bool holds, string key, string what)
    {
        if (!holds) source.Problem(Place(key), key.Length == 0 ? path : Dotted(key), what);
    }

    /// <summary>Treats a section that the file lacks, or that was taken away, as one without keys.</summary>
    internal void AddEmpty(string section)
    {
        if (!Has(section)) values[section] = source.Absent(values.GetValueOrDefault(section) ?? node);
    }

    /// <summary>Adds a problem for every key that nobody asked for.</summary>
    internal void ReportUnknown()
    {
        foreach (var key in keys.Keys)
        {
            if (known.Contains(key)) continue;
            var nearest = NearestName.Find(key, known);
            var hint = nearest is null ? $"known here: {string.Join(", ", known)}" : $"nearest known key: {Dotted(nearest)}";
            source.Problem(Place(key), Dotted(key), $"unknown key; {hint}");
        }
    }

    private T? Bound<T>(YamlNode node, string path, T start, Func<ISection, T, T> bind) where T : class
    {
        if (node is not YamlMappingNode mapping)
        {
            source.Problem(node, path, $"expected a section (indented keys), got {Describe(node)}");
            return null;
        }
        var reader = new SectionReader(source, mapping, path);
        var bound = bind(reader, start);
        reader.ReportUnknown();
        return bound;
    }

    private YamlNode Place(string key) => keys.GetValueOrDefault(key) ?? node;

    private string Dotted(string key) => path.Length == 0 ? key : $"{path}.{key}";

    private static string Describe(YamlNode node) => node switch
    {
        YamlScalarNode scalar when YamlText.IsNull(scalar) => "nothing",
        YamlScalarNode scalar => $"'{scalar.Value}'",
        YamlSequenceNode list => "a list: " + list,
        _ => "a section",
    };
}
