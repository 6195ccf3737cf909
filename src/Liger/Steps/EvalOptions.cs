namespace Liger.Steps;

/// <summary>What a model is measured on.</summary>
public sealed record EvalOptions
{
    /// <summary>The model.</summary>
    public required ModelOptions Model { get; init; }

    /// <summary>The checkpoint that agreement is measured against; null measures none.</summary>
    public string? Against { get; init; }

    /// <summary>The text whose loss is measured.</summary>
    public required string Text { get; init; }

    /// <summary>Recall cases (JSONL, or the same gzipped); null measures no recall.</summary>
    public string? Needles { get; init; }

    /// <summary>Cases of associative recall, as <c>liger data mqar</c> writes them; null measures none.</summary>
    public string? Mqar { get; init; }

    /// <summary>Tokens a window, 2 to 1,048,576. Default 1024.</summary>
    public int Context { get; init; } = 1024;

    /// <summary>Whether decoding is timed as well, after a prompt of <see cref="Context"/> tokens. Default false.</summary>
    public bool Speed { get; init; }

    /// <summary>A file to write with one JSON object per window and recall case; null writes none.</summary>
    public string? Records { get; init; }
}
