using YamlDotNet.RepresentationModel;

namespace Liger.Recipes;

/// <summary>Reads one section out of a recipe file, noting every problem instead of stopping at the first.</summary>
internal sealed class SectionReader : ISection
{
    private readonly RecipeSource _source;
    private readonly YamlMappingNode _node;
    private readonly string _path;
    private readonly List<string> _known = [];
    private readonly Dictionary<string, YamlNode> _keys = [];
    private readonly Dictionary<string, YamlNode> _values = [];

    internal SectionReader(RecipeSource source, YamlMappingNode node, string path)
    {
        (_source, _node, _path) = (source, node, path);
        foreach (var (key, value) in node.Children)
        {
            if (key is YamlScalarNode { Value: { } name })
            {
                _keys[name] = key;
                _values[name] = value;
            }
            else _source.Problem(key, path, "a key must be plain text");
        }
    }

    public T Value<T>(string key, T value, Kind<T> kind)
    {
        _known.Add(key);
        if (!_values.TryGetValue(key, out var node)) return value;
        if (kind.Read(node, _source.Folder(node), out var read)) return read;
        _source.Problem(node, Dotted(key), $"expected {kind.Expected}, got {Describe(node)}");
        return value;
    }

    public T Required<T>(string key, T value, Kind<T> kind)
    {
        if (!_values.ContainsKey(key)) _source.Problem(_node, Dotted(key), $"missing; expected {kind.Expected}");
        return Value(key, value, kind);
    }

    public T? Section<T>(string key, T? value, T start, Func<ISection, T, T> bind) where T : class
    {
        _known.Add(key);
        if (!_values.TryGetValue(key, out var node)) return value;
        if (YamlText.IsNull(node)) node = _source.Absent();
        if (node is not YamlMappingNode mapping)
        {
            _source.Problem(node, Dotted(key), $"expected a section (indented keys), got {Describe(node)}");
            return value;
        }
        var reader = new SectionReader(_source, mapping, Dotted(key));
        var bound = bind(reader, start);
        reader.ReportUnknown();
        return bound;
    }

    public IReadOnlyDictionary<string, string> Rest(IReadOnlyDictionary<string, string> value)
    {
        var rest = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, node) in _values)
        {
            if (_known.Contains(key)) continue;
            if (node is YamlScalarNode { Value: { } text }) rest[key] = text;
            else _source.Problem(node, Dotted(key), $"expected one value, got {Describe(node)}");
        }
        _known.AddRange(rest.Keys);
        return rest;
    }

    public void Check(bool holds, string key, string what)
    {
        if (!holds) _source.Problem(Place(key), key.Length == 0 ? _path : Dotted(key), what);
    }

    /// <summary>Treats a section that the file lacks as one without keys.</summary>
    internal void AddEmpty(string section) => _values.TryAdd(section, _source.Absent());

    /// <summary>Adds a problem for every key that nobody asked for.</summary>
    internal void ReportUnknown()
    {
        foreach (var key in _keys.Keys)
        {
            if (_known.Contains(key)) continue;
            var nearest = NearestName.Find(key, _known);
            var hint = nearest is null ? $"known here: {string.Join(", ", _known)}" : $"nearest known key: {Dotted(nearest)}";
            _source.Problem(Place(key), Dotted(key), $"unknown key; {hint}");
        }
    }

    // The line of the key; for a value of the command line, the value, which is known as such.
    private YamlNode Place(string key) =>
        !_keys.TryGetValue(key, out var node) ? _node : _source.IsOverride(_values[key]) ? _values[key] : node;

    private string Dotted(string key) => _path.Length == 0 ? key : $"{_path}.{key}";

    private static string Describe(YamlNode node) => node switch
    {
        YamlScalarNode scalar when YamlText.IsNull(scalar) => "nothing",
        YamlScalarNode scalar => $"'{scalar.Value}'",
        YamlSequenceNode list => "a list: " + list,
        _ => "a section",
    };
}
