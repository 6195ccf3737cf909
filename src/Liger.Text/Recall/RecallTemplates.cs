namespace Liger.Text;

/// <summary>
/// How a fact is said and asked for; in its texts, <c>{key}</c> is who or what it is about and <c>{value}</c> what is to be recalled.
/// </summary>
/// <param name="Key">The kind of its keys.</param>
/// <param name="Value">The kind of its values.</param>
/// <param name="Fact">The sentence that says it.</param>
/// <param name="Question">The question; may be empty.</param>
/// <param name="Answer">The sentence that answers it; up to the value it belongs to the prompt.</param>
public sealed record FactTemplate(string Key, string Value, string Fact, string Question, string Answer);

/// <summary>How keys with values are listed and asked for again in another order.</summary>
/// <param name="Key">The kind of its keys.</param>
/// <param name="Value">The kind of its values.</param>
/// <param name="Head">What stands above the list; may be empty.</param>
/// <param name="Line">One pair, with <c>{key}</c> and <c>{value}</c>.</param>
/// <param name="Again">What stands above the questions; may be empty.</param>
/// <param name="Separator">What stands before every pair: a line break or a space.</param>
public sealed record ListTemplate(string Key, string Value, string Head, string Line, string Again, string Separator);

/// <summary>
/// The wording of recall data: templates of facts and lists, and the words their keys and values are drawn from. A JSON file with <c>facts</c>,
/// <c>lists</c> and <c>words</c>; the built-in one, <c>Recall/templates.json</c>, is its example. A kind is "digits 4" or "digits 2-4" (a number without
/// leading zeros), "syllables" and "pseudonym" (made up, the latter with a capital letter), a list of <c>words</c>, or a text that names
/// kinds in braces, as the words of a list may. The built-in lists are there unless a file has its own of that name.
/// </summary>
public sealed class RecallTemplates
{
    /// <summary>The kind that a file of names replaces.</summary>
    public const string NameKind = "name";

    internal const string Key = "{key}", Value = "{value}";
    private const string Resource = "recall-templates.json";
    private static readonly Lazy<RecallTemplates> BuiltIn = new(() => Read(JsonValue.Resource(Resource), null));

    private RecallTemplates(IReadOnlyList<FactTemplate> facts, IReadOnlyList<ListTemplate> lists, RecallWords words) =>
        (Facts, Lists, Words) = (facts, lists, words);

    /// <summary>The built-in ones.</summary>
    public static RecallTemplates Default => BuiltIn.Value;

    /// <summary>Templates of facts.</summary>
    public IReadOnlyList<FactTemplate> Facts { get; }

    /// <summary>Templates of lists.</summary>
    public IReadOnlyList<ListTemplate> Lists { get; }

    internal RecallWords Words { get; }

    /// <summary>Reads templates.</summary>
    /// <param name="path">The JSON file; null gives the built-in ones.</param>
    /// <param name="names">A file of names, one a line, that takes the place of the kind "name"; null keeps it.</param>
    /// <exception cref="TextException">A file cannot be read, or says something that cannot be drawn; the message names the place.</exception>
    public static RecallTemplates Load(string? path, string? names = null)
    {
        var templates = path is null ? Default : Read(JsonValue.Read(path), Default.Words);
        return names is null ? templates : new RecallTemplates(templates.Facts, templates.Lists, templates.Words.With(NameKind, Lines(names)));
    }

    /// <summary>Names or words of a file, one a line, each once.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="TextException">It cannot be read, or has none.</exception>
    public static IReadOnlyList<string> Lines(string path)
    {
        var lines = BoundedFile.Text(path).Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Distinct().ToList();
        return lines.Count > 0 ? lines : throw new TextException($"{path}: no names or words — expected one a line.");
    }

    private static RecallTemplates Read(JsonValue root, RecallWords? inherited)
    {
        var words = (inherited ?? RecallWords.None).With(root["words"]);
        var facts = root["facts"].Items().Select(fact => new FactTemplate(
            words.Kind(fact["key"]), words.Kind(fact["value"]), With(fact["fact"], Key, Value),
            fact["question"].TextOrNull() ?? "", With(fact["answer"], Value))).ToList();
        var lists = root["lists"].Items().Select(list => new ListTemplate(
            words.Kind(list["key"]), words.Kind(list["value"]), list["head"].TextOrNull() ?? "", Pair(list["line"]),
            list["again"].TextOrNull() ?? "", list["separator"].TextOrNull() ?? "\n")).ToList();
        foreach (var (fact, place) in facts.Zip(root["facts"].Items()))
            if (!(fact.Question + fact.Answer.Split(Value)[0]).Contains(Key, StringComparison.Ordinal))
                throw place.Error("the question does not say what it is about — expected {key} in question or answer, before {value}.");
        if (facts.Count + lists.Count == 0)
            throw root.Error("no templates — expected facts or lists.");
        return new RecallTemplates(facts, lists, words);
    }

    private static string With(JsonValue value, params string[] needed) =>
        Array.Find(needed, one => !value.Text().Contains(one, StringComparison.Ordinal)) is { } missing
            ? throw value.Error($"expected {missing} in it, got '{value.Text()}'.")
            : value.Text();

    private static string Pair(JsonValue value) =>
        With(value, Key, Value).IndexOf(Key, StringComparison.Ordinal) < value.Text().IndexOf(Value, StringComparison.Ordinal)
            ? value.Text()
            : throw value.Error($"expected {Key} before {Value}, got '{value.Text()}'.");
}
