using System.Text;

namespace Liger.Cli.Display;

/// <summary>Named facts, one a line, the values in one column.</summary>
internal sealed class FactList
{
    private readonly List<(string Name, string Value)> facts = [];

    /// <summary>Adds a fact; one without a value is left out.</summary>
    internal FactList Add(string name, string? value)
    {
        if (value is not null) facts.Add((name, value));
        return this;
    }

    public override string ToString()
    {
        var width = facts.Max(fact => fact.Name.Length);
        var text = new StringBuilder();
        foreach (var (name, value) in facts) text.Append(name.PadRight(width)).Append("  ").Append(value).Append('\n');
        return text.ToString();
    }
}
