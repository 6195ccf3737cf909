namespace Liger.Recipes;

/// <summary>The section "lora": the low-rank adapter that is trained.</summary>
public sealed record LoraSection
{
    /// <summary>The projections of an attention or feed-forward layer that can carry an adapter.</summary>
    private static readonly string[] Projections = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"];

    /// <summary>Its rank R, 1 to 1024. Default 8 (the published Liger recipe, as all defaults here).</summary>
    public int Rank { get; init; } = 8;

    /// <summary>Its strength: the update is scaled by alpha / rank. Above 0, up to 65,536. Default 8.</summary>
    public double Alpha { get; init; } = 8;

    /// <summary>Share of the adapter's input that is dropped in training, 0 to 0.95. Default 0.</summary>
    public double Dropout { get; init; }

    /// <summary>The projections that carry an adapter. Default q_proj, k_proj, v_proj.</summary>
    public IReadOnlyList<string> Targets { get; init; } = ["q_proj", "k_proj", "v_proj"];

    internal static LoraSection Bind(ISection s, LoraSection l)
    {
        var bound = new LoraSection
        {
            Rank = s.Value("rank", l.Rank, Kind.Whole(1, 1024)),
            Alpha = s.Value("alpha", l.Alpha, Kind.Number(0, 65_536, above: true)),
            Dropout = s.Value("dropout", l.Dropout, Kind.Number(0, 0.95)),
            Targets = s.Value("targets", l.Targets, Kind.ListOf(Kind.Choice(Projections))),
        };
        s.Check(bound.Targets.Count > 0, "targets", "expected at least one projection, got none");
        return bound;
    }
}
