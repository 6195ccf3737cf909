using Liger.Text;

namespace Liger.Recipes;

/// <summary>The section "data": what is trained on and how it is cut.</summary>
public sealed record DataSection
{
    private const int LeastContext = 8, MostContext = 1 << 20, MostValidationRows = 1_000_000;
    private const string Auto = "auto";

    /// <summary>The training files: Alpaca JSON or JSONL, chat JSONL, or plain text; gzipped or not.</summary>
    public IReadOnlyList<string> Train { get; init; } = [];

    /// <summary>The validation files; empty takes <see cref="ValidationRows"/> from the training data.</summary>
    public IReadOnlyList<string> Validation { get; init; } = [];

    /// <summary>How many rows at the start of the training data are held out, or of the validation files are used, 0 to 1,000,000; 0 holds out none and uses all. Default 0.</summary>
    public int ValidationRows { get; init; }

    /// <summary>What the files hold. Default auto: told from the file.</summary>
    public TextDataFormat Format { get; init; } = TextDataFormat.Detect;

    /// <summary>How conversations are written out: auto (told from the tokenizer) or a template's name. Default auto.</summary>
    public string Template { get; init; } = Auto;

    /// <summary>Tokens a row, 8 to 1,048,576. Default 1024 (the published Liger recipe).</summary>
    public int Context { get; init; } = 1024;

    /// <summary>Whether documents that share a row are kept apart. Default true; the published Liger recipe runs them together.</summary>
    public bool KeepDocumentsApart { get; init; } = true;

    /// <summary>
    /// Recall windows made on the way, in the place of some rows; null, the default, makes none: where key scores are fitted before, distilling on plain
    /// text restores recall as well (measured on the built-in model). Stages that fit scores or memories need them.
    /// </summary>
    public RecallSection? Recall { get; init; }

    /// <summary>How a file is read.</summary>
    internal TextDataOptions Reading(string file) => new()
    {
        // "text" is a record with a field "text" in a JSON file, and the file itself anywhere else.
        Format = Format == TextDataFormat.Text && !IsJson(file) ? TextDataFormat.Plain : Format,
        ChatTemplate = Template == Auto ? null : ChatTemplate.Named(Template),
    };

    /// <summary>How documents become rows.</summary>
    internal PackingOptions Packing => new() { RowLength = Context, KeepDocumentBoundaries = KeepDocumentsApart };

    internal static DataSection Bind(ISection s, DataSection d) => new()
    {
        Train = d.Train.Count > 0 ? s.Value("train", d.Train, Kind.ListOf(Kind.Place)) : s.Required("train", d.Train, Kind.ListOf(Kind.Place)),
        Validation = s.Value("validation", d.Validation, Kind.ListOf(Kind.Place, mayBeEmpty: true)),
        ValidationRows = s.Value("validation_rows", d.ValidationRows, Kind.Whole(0, MostValidationRows)),
        Format = s.Value("format", d.Format, FormatName),
        Template = s.Value("template", d.Template, Kind.Choice([Auto, .. ChatTemplate.Names])),
        Context = s.Value("context", d.Context, Kind.Whole(LeastContext, MostContext)),
        KeepDocumentsApart = s.Value("keep_documents_apart", d.KeepDocumentsApart, Kind.Flag),
        Recall = s.Section("recall", d.Recall, d.Recall ?? new RecallSection(), RecallSection.Bind),
    };

    private static Kind<TextDataFormat> FormatName { get; } = Kind.Named(
        (Auto, TextDataFormat.Detect), ("alpaca", TextDataFormat.Alpaca), ("chat", TextDataFormat.Chat), ("prompt_answer", TextDataFormat.PromptAnswer), ("recall", TextDataFormat.Recall),
        ("text", TextDataFormat.Text), ("plain", TextDataFormat.Plain));

    private static bool IsJson(string file)
    {
        var name = file.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? Path.GetFileNameWithoutExtension(file) : file;
        return Path.GetExtension(name).ToLowerInvariant() is ".json" or ".jsonl";
    }
}
