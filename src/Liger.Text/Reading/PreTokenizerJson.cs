namespace Liger.Text;

/// <summary>Reads the <c>pre_tokenizer</c> of tokenizer.json.</summary>
internal static class PreTokenizerJson
{
    private const string Known = "ByteLevel, Split, Digits, Metaspace or Sequence";

    /// <summary>The pre-tokenizer, or null where there is none; says whether words are then spelled in bytes.</summary>
    public static PreTokenizer? Read(JsonValue value, ref bool byteLevel)
    {
        if (!value.Exists)
            return null;
        if (byteLevel)
            throw value.Unsupported("a pre-tokenizer after ByteLevel", "ByteLevel to be the last");
        var type = value["type"].Text();
        switch (type)
        {
            case "Sequence":
                var steps = new List<PreTokenizer>();
                foreach (var step in value["pretokenizers"].Items())
                    steps.Add(Read(step, ref byteLevel)!);
                return new PreTokenizerSequence(steps);
            case "ByteLevel":
                byteLevel = true;
                return new ByteLevelPreTokenizer(value["add_prefix_space"].Flag(true), value["use_regex"].Flag(true));
            case "Digits":
                return new DigitsPreTokenizer(value["individual_digits"].Flag(false));
            case "Metaspace":
                return new MetaspacePreTokenizer(Replacement(value), Scheme(value), value["split"].Flag(true));
            case "Split":
                return Split(value);
            default:
                throw value.Unsupported($"pre-tokenizer '{type}'", Known);
        }
    }

    public static char Replacement(JsonValue value) => value["replacement"].TextOrNull() switch
    {
        null => '\u2581',
        { Length: 1 } text => text[0],
        _ => throw value["replacement"].Error("expected one character."),
    };

    /// <summary>Where the mark is put; older files have the flag <c>add_prefix_space</c> instead.</summary>
    public static PrependScheme Scheme(JsonValue value) => value["prepend_scheme"].TextOrNull() switch
    {
        "always" => PrependScheme.Always,
        "first" => PrependScheme.First,
        "never" => PrependScheme.Never,
        null => value["add_prefix_space"].Flag(true) ? PrependScheme.Always : PrependScheme.Never,
        var other => throw value["prepend_scheme"].Unsupported($"'{other}'", "always, first or never"),
    };

    private static PreTokenizer Split(JsonValue value)
    {
        if (!Enum.TryParse<SplitBehavior>(value["behavior"].Text(), out var behavior))
            throw value["behavior"].Unsupported($"'{value["behavior"].Text()}'", string.Join(", ", Enum.GetNames<SplitBehavior>()));
        var invert = value["invert"].Flag(false);
        var pattern = value["pattern"];
        if (pattern["String"].TextOrNull() is { } text)
            return new SplitPreTokenizer(source => Occurrences(source, text), behavior, invert);
        var regex = pattern["Regex"].Text();
        // These match every character, so that removing or inverting makes no difference only for Isolated and for Removed inverted.
        if (WordSplitter.For(regex) is { } scanner && (behavior == SplitBehavior.Isolated || (behavior == SplitBehavior.Removed && invert)))
            return scanner;
        var compiled = Regex(pattern["Regex"]);
        return new SplitPreTokenizer(source => compiled.Matches(source), behavior, invert);
    }

    public static CodePointRegex Regex(JsonValue pattern)
    {
        try
        {
            return new CodePointRegex(pattern.Text());
        }
        catch (TextException e)
        {
            throw pattern.Error(e.Message);
        }
    }

    private static List<(int Start, int Length)> Occurrences(string source, string text)
    {
        var result = new List<(int, int)>();
        for (var at = 0; text.Length > 0 && (at = source.IndexOf(text, at, StringComparison.Ordinal)) >= 0; at += text.Length)
            result.Add((at, text.Length));
        return result;
    }
}
