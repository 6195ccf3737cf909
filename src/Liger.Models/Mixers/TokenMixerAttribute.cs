namespace Liger.Models.Mixers;

/// <summary>
/// Registers a mixer. The class needs one public constructor that takes records of options (numbers under <see cref="OptionRangeAttribute"/>
/// or <see cref="OptionChoiceAttribute"/>, truth values and enums under <see cref="OptionMeaningAttribute"/>) and, last, a <see cref="MixerShape"/>. A mixer that derives from <see cref="RecurrentMixer"/> is also available behind a window, as "liger-NAME".
/// </summary>
/// <param name="name">How convert, recipes and config.json call it, in kebab-case.</param>
/// <param name="summary">One line for lists.</param>
/// <param name="source">Where the formula comes from.</param>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class TokenMixerAttribute(string name, string summary, string source) : Attribute
{
    /// <summary>How convert, recipes and config.json call it.</summary>
    public string Name { get; } = name;

    /// <summary>One line for lists.</summary>
    public string Summary { get; } = summary;

    /// <summary>Where the formula comes from.</summary>
    public string Source { get; } = source;

    /// <summary>What it computes, in one line, with the options' default values where they change it; empty where nobody wrote it down.</summary>
    public string Formula { get; init; } = "";
}

/// <summary>Says what an option of a mixer does.</summary>
[AttributeUsage(AttributeTargets.Property)]
public class OptionMeaningAttribute(string meaning) : Attribute
{
    /// <summary>What the option does, for lists and errors.</summary>
    public string Meaning { get; } = meaning;
}

/// <summary>The range of a number among a mixer's options, both ends included.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class OptionRangeAttribute(double least, double most, string meaning) : OptionMeaningAttribute(meaning)
{
    /// <summary>The smallest value that is accepted.</summary>
    public double Least { get; } = least;

    /// <summary>The largest value that is accepted.</summary>
    public double Most { get; } = most;
}

/// <summary>The values that a whole number among a mixer's options may have.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class OptionChoiceAttribute(string meaning, params int[] values) : OptionMeaningAttribute(meaning)
{
    /// <summary>The accepted values.</summary>
    public IReadOnlyList<int> Values { get; } = values;
}
