using Liger.Training;

namespace Liger.Recipes;

/// <summary>The section "lora": the keys of <see cref="LoraOptions"/>.</summary>
internal static class LoraSection
{
    private const int MostRank = 1024;
    private const double MostAlpha = 65_536, MostDropout = 0.95;

    /// <summary>The projections of an attention or feed-forward layer that can carry an adapter.</summary>
    internal static readonly string[] Projections = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"];

    internal static LoraOptions Bind(ISection s, LoraOptions l) => new()
    {
        Rank = s.Value("rank", l.Rank, Kind.Whole(1, MostRank)),
        Alpha = s.Value("alpha", l.Alpha, Kind.Number(0, MostAlpha, above: true)),
        Dropout = s.Value("dropout", l.Dropout, Kind.Number(0, MostDropout)),
        Targets = s.Value("targets", l.Targets, Kind.ListOf(Kind.Choice(Projections))),
        UseRsLora = s.Value("rslora", l.UseRsLora, Kind.Flag),
        UseDora = s.Value("dora", l.UseDora, Kind.Flag),
    };
}
