namespace Liger.TinyLlama.Writing;

/// <summary>One alternative of a rule, cut into literal text and slots.</summary>
public sealed class Template
{
    private readonly List<Slot> slots = [];

    /// <summary>Cuts the text of a grammar file.</summary>
    public Template(string source)
    {
        Source = source;
        for (var at = 0; at < source.Length;)
        {
            var open = source.IndexOf('{', at);
            var literal = source[at..(open < 0 ? source.Length : open)];
            var close = open < 0 ? source.Length : source.IndexOf('}', open);
            slots.Add(open < 0 ? new Slot(literal, "") : new Slot(literal, source[(open + 1)..close]));
            at = close + 1;
        }
    }

    /// <summary>The text as it stands in the grammar file.</summary>
    public string Source { get; }

    /// <summary>What the template consists of, in order.</summary>
    internal IReadOnlyList<Slot> Slots => slots;

    /// <summary>Looks up the rules that the slots name.</summary>
    internal void Bind(Grammar grammar)
    {
        foreach (var slot in slots)
            slot.Bind(grammar);
    }

    /// <summary>Literal text and the slot after it, if any.</summary>
    internal sealed class Slot
    {
        private const string Roles = "ABXYKV";
        private readonly string name;

        public Slot(string literal, string inner)
        {
            Literal = literal;
            Capital = inner.StartsWith('^');
            inner = inner.TrimStart('^');
            Article = inner.StartsWith("a:", StringComparison.Ordinal);
            inner = Article ? inner[2..] : inner;
            var tag = inner.IndexOf('#');
            Key = tag < 0 ? null : inner;
            ForParagraph = tag >= 0 && inner[(tag + 1)..] == "p";
            name = tag < 0 ? inner : inner[..tag];
            if (name.Length > 0 && Roles.Contains(name[0]))
            {
                Role = name[0];
                Pronoun = name.Length > 2 ? name[2..] : null;
            }
        }

        /// <summary>The text before the slot.</summary>
        public string Literal { get; }

        /// <summary>Whether the first letter becomes a capital.</summary>
        public bool Capital { get; }

        /// <summary>Whether "a" or "an" goes before it.</summary>
        public bool Article { get; }

        /// <summary>Under which key the drawn text is remembered, or null.</summary>
        public string? Key { get; }

        /// <summary>Whether it is remembered for the paragraph only.</summary>
        public bool ForParagraph { get; }

        /// <summary>A person or part of the fact (A, B, X, Y, K, V), or '\0'.</summary>
        public char Role { get; }

        /// <summary>The pronoun of that person, or null for the name.</summary>
        public string? Pronoun { get; }

        /// <summary>The rule to expand, or null for a role and at the end of the text.</summary>
        public Grammar.Rule? Rule { get; private set; }

        public void Bind(Grammar grammar)
        {
            if (Role == '\0' && name.Length > 0)
                Rule = grammar[name];
        }
    }
}
