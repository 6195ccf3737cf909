using Liger.Text;

namespace Liger.TinyLlama.Writing;

/// <summary>
/// Rules with alternatives, read from the embedded <c>.grammar</c> files: a head line <c>name:</c> (or <c>name~:</c>, whose earlier
/// alternatives are drawn more often), then its alternatives indented, several on a line between bars. Inside an alternative stand
/// <c>{rule}</c>, <c>{^rule}</c> with a capital letter, <c>{a:rule}</c> with its article, <c>{rule#tag}</c> drawn once for the whole
/// story (tag <c>p</c>: for the paragraph), people <c>{A}</c> <c>{B}</c> <c>{X}</c> <c>{Y}</c> and their pronouns <c>{X.he}</c>, and
/// the fact's <c>{K}</c> and <c>{V}</c>.
/// </summary>
public sealed class Grammar
{
    private static readonly string[] Files = ["words.grammar", "story.grammar", "facts.grammar"];
    private readonly Dictionary<string, Rule> rules = [];

    private Grammar()
    {
    }

    /// <summary>One named rule.</summary>
    /// <param name="Name">The name it is called by.</param>
    /// <param name="Skewed">Whether earlier alternatives are likelier.</param>
    /// <param name="Alternatives">What it may become.</param>
    public sealed record Rule(string Name, bool Skewed, List<Template> Alternatives)
    {
        /// <summary>Draws one alternative: uniform, or, where skewed, with a density that falls linearly to the end of the list.</summary>
        public Template Draw(Prng prng)
        {
            var index = prng.Below(Alternatives.Count);
            return Alternatives[Skewed ? Math.Min(index, prng.Below(Alternatives.Count)) : index];
        }
    }

    /// <summary>The rule of that name.</summary>
    /// <exception cref="InvalidDataException">No such rule: the grammar files contradict each other.</exception>
    public Rule this[string name] => rules.TryGetValue(name, out var rule)
        ? rule
        : throw new InvalidDataException($"grammar: no rule named '{name}'. Add it to one of {string.Join(", ", Files)}.");

    /// <summary>The words of a rule whose alternatives are plain names of other things.</summary>
    public IReadOnlyList<string> Words(string name) => [.. this[name].Alternatives.Select(template => template.Source)];

    /// <summary>Reads the grammar that is part of this program and checks that every rule it names exists.</summary>
    public static Grammar Load()
    {
        var grammar = new Grammar();
        foreach (var file in Files)
            grammar.Read(file);
        foreach (var rule in grammar.rules.Values)
            foreach (var template in rule.Alternatives)
                template.Bind(grammar);
        return grammar;
    }

    private void Read(string file)
    {
        using var stream = typeof(Grammar).Assembly.GetManifestResourceStream(file)
            ?? throw new InvalidDataException($"grammar: the program lacks its part '{file}'. Build it again.");
        using var reader = new StreamReader(stream);
        Rule? rule = null;
        while (reader.ReadLine() is { } line)
        {
            if (line.Length == 0 || line[0] == '#')
                continue;
            if (line[0] != ' ')
            {
                var name = line.TrimEnd(':');
                rule = new Rule(name.TrimEnd('~'), name.EndsWith('~'), []);
                rules.Add(rule.Name, rule);
            }
            else
                foreach (var text in line.Split(" | ", StringSplitOptions.TrimEntries))
                    rule!.Alternatives.Add(new Template(text));
        }
    }
}
