namespace Liger.Recipes;

/// <summary>The section "export": how adapter and model become one checkpoint.</summary>
public sealed record ExportSection
{
    private const double MostTolerance = 1000;

    /// <summary>The folder to write; null means "exported" in the run folder.</summary>
    public string? To { get; init; }

    /// <summary>How far any logit of the merged model may be from checkpoint + adapter, above 0, up to 1000; null: 1e-3 for weights stored in float32, 0.25 for 16 bits, 0.5 where they are computed with in 16 bits too.</summary>
    public double? Tolerance { get; init; }

    internal static ExportSection Bind(ISection s, ExportSection e) => new()
    {
        To = s.Value("to", e.To, Kind.Maybe(Kind.Place)),
        Tolerance = s.Value("tolerance", e.Tolerance, Kind.Maybe(Kind.Number(0, MostTolerance, above: true))),
    };
}
