namespace Liger.Recipes;

/// <summary>The section "export": how adapter and model become one checkpoint.</summary>
public sealed record ExportSection
{
    /// <summary>The folder to write; null means "exported" in the run folder.</summary>
    public string? To { get; init; }

    internal static ExportSection Bind(ISection s, ExportSection e) => new()
    {
        To = s.Value("to", e.To, Kind.Maybe(Kind.Place)),
    };
}
