using System.Text;

namespace Liger.Recipes;

/// <summary>Writes one section as YAML, every key with its value.</summary>
internal sealed class SectionWriter(StringBuilder text, int depth) : ISection
{
    private const int IndentWidth = 2;

    public T Value<T>(string key, T value, Kind<T> kind)
    {
        if (kind.Write(value) is { } written) Line($"{key}: {written}");
        return value;
    }

    public T Required<T>(string key, T value, Kind<T> kind) => Value(key, value, kind);

    public T? Section<T>(string key, T? value, T start, Func<ISection, T, T> bind) where T : class
    {
        Line(value is null ? $"{key}: null" : $"{key}:");
        if (value is null) return null;
        bind(new SectionWriter(text, depth + 1), value);
        return value;
    }

    public IReadOnlyList<T> Sections<T>(string key, IReadOnlyList<T> value, T start, Func<ISection, T, T> bind) where T : class
    {
        if (value.Count > 0) Line($"{key}:");
        foreach (var entry in value)
        {
            new SectionWriter(text, depth + 1).Line("-");
            bind(new SectionWriter(text, depth + 2), entry);
        }
        return value;
    }

    public bool Has(string key) => false;

    public IReadOnlyDictionary<string, string> Rest(IReadOnlyDictionary<string, string> value)
    {
        foreach (var (key, one) in value) Line($"{key}: {YamlText.QuoteUnlessNumber(one)}");
        return value;
    }

    public void Check(bool holds, string key, string what) { }

    private void Line(string line) => text.Append(' ', depth * IndentWidth).Append(line).Append('\n');
}
