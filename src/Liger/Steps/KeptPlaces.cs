using Liger.Checkpoints;
using Liger.Models;
using Liger.Models.Mixers;

namespace Liger.Steps;

/// <summary>
/// What a conversion decides place by place: the layers and kv heads that it keeps apart, for softmax, whose cache grows there, or another mixer, and
/// the windows of all other kv heads, where a budget is given; otherwise the new mixer works there as it is.
/// </summary>
public sealed record KeptPlaces
{
    /// <summary>Whole layers, from 0.</summary>
    public IReadOnlyList<int> Layers { get; init; } = [];

    /// <summary>N: layers N−1, 2N−1, …, as Liger-GLA-H does with 8 (Lan et al. 2025, arXiv 2503.01496). Null keeps none.</summary>
    public int? Every { get; init; }

    /// <summary>Single kv heads, with the query heads that share them, as LAYER.HEAD: "5.1".</summary>
    public IReadOnlyList<string> Heads { get; init; } = [];

    /// <summary>The kv heads that matter most, this many, found by measuring; null measures nothing.</summary>
    public int? BestHeads { get; init; }

    /// <summary>The layers that matter most, this many, found by measuring; null measures nothing.</summary>
    public int? BestLayers { get; init; }

    /// <summary>
    /// What works in the kept places, as "NAME option=value …": softmax, or another mixer that remembers better than the one elsewhere, such as
    /// "selected window=64 sinks=4". The best places are found with softmax in any case.
    /// </summary>
    public string As { get; init; } = MixerSpec.Softmax.Name;

    /// <summary>
    /// Bytes of one sequence, at any length, as "260KB": each kv head that is not kept gets a window of its own, chosen by measuring what it does, such
    /// that all of them and the kept places keep no more. Null: all have the mixer's own window.
    /// </summary>
    public string? Budget { get; init; }

    /// <summary>Tokens that those windows may hold. Empty: 4, 8, 16 and so on to 1,024 or the model's longest sequence.</summary>
    public IReadOnlyList<int> BudgetWindows { get; init; } = [];

    /// <summary>The text to measure on; needed where something is measured.</summary>
    public string? Calibrate { get; init; }

    /// <summary>Tokens of it that are read, 96 to 16,777,216, and as many again with passages to recall. Default 8,192.</summary>
    public int CalibrateTokens { get; init; } = 8192;

    private static IEnumerable<int> PowersOfTwo => Enumerable.Range(2, 9).Select(power => 1 << power);

    /// <summary>How many places are found by measuring; null where none are.</summary>
    internal int? Best => BestHeads ?? BestLayers;

    /// <summary>What is wrong with the choice itself, whatever the model; null where nothing is.</summary>
    internal string? Conflict =>
        BestHeads is not null && BestLayers is not null ? "keep-best-heads and keep-best-layers exclude each other"
        : Best is not null && Calibrate is null ? $"{(BestHeads is null ? "keep-best-layers" : "keep-best-heads")} needs calibrate, a text to measure on"
        : Budget is not null && Calibrate is null ? "budget needs calibrate, a text to measure on"
        : Best is null && Budget is null && Calibrate is not null ? "calibrate needs keep-best-heads, keep-best-layers or budget: without them nothing is measured"
        : Budget is not null && ByteCount.Parse(Budget) is null ? $"budget: expected bytes such as 260KB or 1.5MiB, got '{Budget}'"
        : Budget is null && BudgetWindows.Count > 0 ? "budget-windows needs budget: without it all windows are the mixer's own"
        : BudgetWindows.FirstOrDefault(w => w is < 1 or > 1 << 20) is var window and not 0 ? $"budget-windows: expected numbers from 1 to {1 << 20}, got {window}"
        : Best < 1 ? $"keep-best: expected at least 1, got {Best}"
        : CalibrateTokens is < 96 or > 1 << 24 ? $"calibrate-tokens: expected a number from 96 to {1 << 24}, got {CalibrateTokens}"
        : Layers.Count > 0 && Every is not null ? "keep-layers and keep-every exclude each other: both choose whole layers"
        : Heads.FirstOrDefault(h => MixerPlace.TryParse(h, out var place) && Layers.Contains(place.Layer)) is { } head ? $"keep-heads names {head}, whose layer keep-layers keeps whole"
        : null;

    /// <summary>The budget for a model; null where none is given.</summary>
    /// <param name="config">The original.</param>
    /// <param name="elementSize">Bytes of one kept key or value number.</param>
    internal MemoryBudget? Memory(HfConfig config, int elementSize) => Budget is null ? null : new MemoryBudget(config, elementSize, ByteCount.Parse(Budget)!.Value,
        BudgetWindows.Count > 0 ? BudgetWindows : [.. PowersOfTwo.Where(window => window <= Math.Max(config.MaxPositionEmbeddings, 4))]);

    /// <summary>The mixer everywhere but in the chosen places; those still to be found by measuring are not among them.</summary>
    /// <param name="mixer">The mixer.</param>
    /// <param name="config">The model whose layers and heads are meant.</param>
    /// <exception cref="ModelException">The choice contradicts itself, names a place that the model does not have.</exception>
    public MixerPlan Over(MixerSpec mixer, HfConfig config)
    {
        if (Conflict is { } conflict)
            throw new ModelException($"{conflict}.");
        var last = config.NumHiddenLayers - 1;
        if (Layers.FirstOrDefault(l => l < 0 || l > last, -1) is var layer and not -1)
            throw new ModelException($"keep-layers: expected layers from 0 to {last}, got {layer}.");
        if (Every > config.NumHiddenLayers || Every < 2)
            throw new ModelException($"keep-every: expected a number from 2 to {config.NumHiddenLayers}, the model's layers, got {Every}.");
        var heads = Heads.Select(MixerPlace.Parse).ToList();
        foreach (var head in heads)
        {
            if (head.Layer > last)
                throw new ModelException($"keep-heads: {head} — expected a layer from 0 to {last}, got {head.Layer}.");
            if (head.KvHead is null || head.KvHead >= config.NumKeyValueHeads)
                throw new ModelException($"keep-heads: {head} — expected a kv head from 0 to {config.NumKeyValueHeads - 1} after the layer, got {head.KvHead?.ToString(null, null) ?? "none"}.");
        }
        var layers = Every is { } n ? Enumerable.Range(0, config.NumHiddenLayers).Where(i => (i + 1) % n == 0) : Layers;
        return new MixerPlan(mixer).With(MixerSpec.Parse(As), [.. layers.Select(l => new MixerPlace(l)), .. heads]);
    }
}
