namespace Liger.Steps;

/// <summary>Which recall data is made, and over which text.</summary>
public sealed record RecallDataOptions
{
    /// <summary>The files whose text facts are planted in: plain text or any training data.</summary>
    public required IReadOnlyList<string> Text { get; init; }

    /// <summary>The folder of the tokenizer, such as a checkpoint.</summary>
    public required string Tokenizer { get; init; }

    /// <summary>The file to write, one JSON object a line; gzipped where its name ends in .gz.</summary>
    public required string Out { get; init; }

    /// <summary>Windows to make for training; null where cases are made.</summary>
    public long? Windows { get; init; }

    /// <summary>Cases to make of each distance, for evaluation; null where windows are made.</summary>
    public int? Cases { get; init; }

    /// <summary>Tokens between fact and question, of cases.</summary>
    public IReadOnlyList<int> Distances { get; init; } = [];

    /// <summary>Tokens of a window, or of a case at most. Default 1024.</summary>
    public int Context { get; init; } = 1024;

    /// <summary>Decides everything that is drawn. Default 0.</summary>
    public long Seed { get; init; }

    /// <summary>A JSON file of templates; null takes the built-in ones.</summary>
    public string? Templates { get; init; }

    /// <summary>A file of names, one a line, for the kind "name"; null takes the built-in ones.</summary>
    public string? Keys { get; init; }

    /// <summary>The share of windows that query a list, 0 to 1. Default 0.3.</summary>
    public double Lists { get; init; } = 0.3;

    /// <summary>The share of facts, 0 to 1, that are said where a window begins and asked for where it ends. Default 0.</summary>
    public double Far { get; init; }

    /// <summary>Whether the windows' answers alone are scored in training, or every token. Default true.</summary>
    public bool OnlyAnswers { get; init; } = true;

    /// <summary>Whether a file that lies there is replaced. Default false.</summary>
    public bool Overwrite { get; init; }
}
