using System.Globalization;
using System.Reflection;

namespace Liger.Models.Mixers;

/// <summary>One option of a mixer: its name, range and default, bound from text.</summary>
public sealed class MixerOption
{
    private readonly PropertyInfo property;
    private readonly OptionRangeAttribute range;

    internal MixerOption(PropertyInfo property, object defaults)
    {
        this.property = property;
        range = property.GetCustomAttribute<OptionRangeAttribute>()
            ?? throw new ModelException($"mixer option {property.DeclaringType?.Name}.{property.Name}: no range is declared. Add an OptionRange attribute.");
        if (property.PropertyType != typeof(int) && property.PropertyType != typeof(double))
            throw new ModelException($"mixer option {property.DeclaringType?.Name}.{property.Name}: expected int or double, got {property.PropertyType.Name}.");
        Name = Kebab(property.Name);
        Default = Format(property.GetValue(defaults)!);
    }

    /// <summary>How it is written on the command line and in recipes, in kebab-case.</summary>
    public string Name { get; }

    /// <summary>What it does.</summary>
    public string Meaning => range.Meaning;

    /// <summary>The smallest value that is accepted.</summary>
    public double Least => range.Least;

    /// <summary>The largest value that is accepted.</summary>
    public double Most => range.Most;

    /// <summary>Whether only whole numbers are accepted.</summary>
    public bool IsWhole => property.PropertyType == typeof(int);

    /// <summary>The default, as it would be written.</summary>
    public string Default { get; }

    /// <summary>Checks a value as written and gives its canonical form.</summary>
    /// <exception cref="ModelException">Not a number, or out of range.</exception>
    public string Check(string mixer, string text) => Format(Parse(mixer, text));

    internal void Set(string mixer, object options, string text) => property.SetValue(options, Parse(mixer, text));

    private object Parse(string mixer, string text)
    {
        var expected = $"{(IsWhole ? "a whole number" : "a number")} from {Format(Least)} to {Format(Most)}";
        if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) || !(number >= Least && number <= Most)
            || (IsWhole && number != Math.Floor(number)))
            throw new ModelException($"mixer {mixer}: {Name} — expected {expected}, got '{text}'.");
        return IsWhole ? (object)(int)number : number;
    }

    private static string Format(object value) => ((IFormattable)value).ToString(null, CultureInfo.InvariantCulture);

    private static string Kebab(string name) =>
        string.Concat(name.Select((c, i) => char.IsUpper(c) ? (i > 0 ? "-" : "") + char.ToLowerInvariant(c) : c.ToString()));
}
