namespace Liger.Recipes;

/// <summary>The section "data": what is trained on and how it is cut.</summary>
public sealed record DataSection
{
    /// <summary>The longest context that any supported family is published with.</summary>
    private const int MaxContext = 1 << 20;

    /// <summary>The training files: Alpaca JSON or JSONL, chat JSONL, or plain text.</summary>
    public IReadOnlyList<string> Train { get; init; } = [];

    /// <summary>The validation files; empty takes <see cref="ValidationRows"/> from the training data.</summary>
    public IReadOnlyList<string> Validation { get; init; } = [];

    /// <summary>Without validation files: how many packed rows at the start of the training data are held out, 0 to 1,000,000. Default 0: no validation.</summary>
    public int ValidationRows { get; init; }

    /// <summary>How the files are read: auto (by content), alpaca, chat or text. Default auto.</summary>
    public string Format { get; init; } = "auto";

    /// <summary>Tokens a row, 8 to 1,048,576. Default 1024 (the published Liger recipe).</summary>
    public int Context { get; init; } = 1024;

    internal static DataSection Bind(ISection s, DataSection d) => new()
    {
        Train = s.Required("train", d.Train, Kind.ListOf(Kind.Place)),
        Validation = s.Value("validation", d.Validation, Kind.ListOf(Kind.Place)),
        ValidationRows = s.Value("validation_rows", d.ValidationRows, Kind.Whole(0, 1_000_000)),
        Format = s.Value("format", d.Format, Kind.Choice("auto", "alpaca", "chat", "text")),
        Context = s.Value("context", d.Context, Kind.Whole(8, MaxContext)),
    };
}
