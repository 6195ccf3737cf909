namespace Liger.Recipes;

/// <summary>The section "eval": what the original, the converted and the trained model are measured on.</summary>
public sealed record EvalSection
{
    /// <summary>The text whose loss is measured.</summary>
    public string Text { get; init; } = "";

    /// <summary>Recall cases (JSONL, or the same gzipped); null measures no recall.</summary>
    public string? Needles { get; init; }

    /// <summary>Cases of associative recall, as <c>liger data mqar</c> writes them; null measures none.</summary>
    public string? Mqar { get; init; }

    /// <summary>Tokens a window, 2 to 1,048,576. Default 1024.</summary>
    public int Context { get; init; } = 1024;

    /// <summary>Whether agreement with the original model is measured as well. Default true.</summary>
    public bool Against { get; init; } = true;

    internal static EvalSection Bind(ISection s, EvalSection e) => new()
    {
        Text = s.Required("text", e.Text, Kind.Place),
        Needles = s.Value("needles", e.Needles, Kind.Maybe(Kind.Place)),
        Mqar = s.Value("mqar", e.Mqar, Kind.Maybe(Kind.Place)),
        Context = s.Value("context", e.Context, Kind.Whole(2, 1 << 20)),
        Against = s.Value("against", e.Against, Kind.Flag),
    };
}
