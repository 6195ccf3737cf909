using System.Globalization;
using System.Reflection;
using System.Text.Json.Nodes;

namespace Liger.Models.Mixers;

/// <summary>One option of a mixer: its name, accepted values and default, bound from text. A number, a truth value or one of several words.</summary>
public sealed class MixerOption
{
    private readonly PropertyInfo property;
    private readonly OptionRangeAttribute? range;
    private readonly OptionChoiceAttribute? choice;

    internal MixerOption(PropertyInfo property, object defaults)
    {
        this.property = property;
        var where = $"mixer option {property.DeclaringType?.Name}.{property.Name}";
        var type = property.PropertyType;
        var meaning = property.GetCustomAttribute<OptionMeaningAttribute>()
            ?? throw new ModelException($"{where}: nothing says what it does. Add an OptionRange or OptionMeaning attribute.");
        (range, choice) = (meaning as OptionRangeAttribute, meaning as OptionChoiceAttribute);
        if (type == typeof(int) ? range is null && choice is null : type == typeof(double) ? range is null : type != typeof(bool) && !type.IsEnum)
            throw new ModelException($"{where}: expected int or double with a range, int with choices, bool or an enum, got {type.Name}.");
        (Name, Meaning) = (Kebab(property.Name), meaning.Meaning);
        Default = Format(property.GetValue(defaults)!);
    }

    /// <summary>How it is written on the command line and in recipes, in kebab-case.</summary>
    public string Name { get; }

    /// <summary>What it does.</summary>
    public string Meaning { get; }

    /// <summary>The accepted values, in words.</summary>
    public string Expected => range is null ? $"one of {string.Join(", ", Words.Keys)}"
        : $"{(property.PropertyType == typeof(int) ? "a whole number" : "a number")} from {Format(range.Least)} to {Format(range.Most)}";

    /// <summary>The default, as it would be written.</summary>
    public string Default { get; }

    /// <summary>Words that are accepted, with what they stand for; empty for numbers in a range.</summary>
    private Dictionary<string, object> Words => property.PropertyType == typeof(bool) ? new() { ["true"] = true, ["false"] = false }
        : choice is not null ? choice.Values.ToDictionary(v => Format(v), v => (object)v)
        : property.PropertyType.IsEnum ? Enum.GetValues(property.PropertyType).Cast<object>().ToDictionary(Format)
        : [];

    /// <summary>Checks a value as written and gives its canonical form.</summary>
    /// <exception cref="ModelException">Not a value of this option, or out of range.</exception>
    public string Check(string mixer, string text) => Format(Parse(mixer, text));

    internal void Set(string mixer, object options, string text) => property.SetValue(options, Parse(mixer, text));

    /// <summary>A canonical value as config.json holds it: a number, a truth value or a word.</summary>
    internal JsonValue ToJson(string mixer, string text) => Parse(mixer, text) switch
    {
        int whole => JsonValue.Create(whole),
        double number => JsonValue.Create(number),
        bool truth => JsonValue.Create(truth),
        var word => JsonValue.Create(Format(word)),
    };

    internal static string Kebab(string name) =>
        string.Concat(name.Select((c, i) => char.IsUpper(c) ? (i > 0 ? "-" : "") + char.ToLowerInvariant(c) : c.ToString()));

    private object Parse(string mixer, string text)
    {
        if (range is null ? Words.TryGetValue(text, out var value) : Number(text, out value))
            return value!;
        throw new ModelException($"mixer {mixer}: {Name} — expected {Expected}, got '{text}'.");
    }

    private bool Number(string text, out object? value)
    {
        var whole = property.PropertyType == typeof(int);
        var valid = double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            && number >= range!.Least && number <= range.Most && (!whole || number == Math.Floor(number));
        value = !valid ? null : whole ? (object)(int)number : number;
        return valid;
    }

    private static string Format(object value) => value switch
    {
        bool truth => truth ? "true" : "false",
        Enum word => Kebab(word.ToString()),
        _ => ((IFormattable)value).ToString(null, CultureInfo.InvariantCulture),
    };
}
