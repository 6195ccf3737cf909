using Liger.Checkpoints;
using Liger.Evaluation;
using Liger.Models;
using Liger.Models.Mixers;

namespace Liger.Steps;

/// <summary>
/// What a conversion decides place by place: the layers and kv heads that it keeps apart, for softmax, whose cache grows there, or another mixer, and
/// the windows of all other kv heads, where a budget is given; otherwise the new mixer works there as it is.
/// </summary>
public sealed record KeptPlaces
{
    /// <summary>The largest window, number of selected keys and rank of a memory that a budget may offer, and the longest text at which softmax may count.</summary>
    internal const int MostWindow = 1 << 20, MostKeys = 1 << 16, MostRank = 128, MostLength = 1 << 30;

    private const string MemoryName = "memory";

    /// <summary>The most rounds in which a budget's choice is made.</summary>
    public const int MostRounds = 8;

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
    /// Bytes of one sequence, at any length, as "260KB": each kv head that is not kept gets a window of its own, or what <see cref="BudgetKeys"/>,
    /// <see cref="BudgetMemory"/> and <see cref="BudgetSoftmax"/> allow, chosen by measuring what that does, such that all of them and the kept places keep no more. Null: all have the
    /// mixer's own window.
    /// </summary>
    public string? Budget { get; init; }

    /// <summary>Tokens that those windows may hold. Empty: 4, 8, 16 and so on to 1,024 or the model's longest sequence.</summary>
    public IReadOnlyList<int> BudgetWindows { get; init; } = [];

    /// <summary>
    /// Selected keys that a kv head may have beside its window within the budget: each head gets windows alone, or with so many keys by a fitted score, whatever
    /// saves most for its bytes. Empty: windows alone.
    /// </summary>
    public IReadOnlyList<int> BudgetKeys { get; init; } = [];

    /// <summary>Ranks of a memory (the mixer memory) that a kv head may have behind its window within the budget, likewise. Empty: none has.</summary>
    public IReadOnlyList<int> BudgetMemory { get; init; } = [];

    /// <summary>The mixer memory as those kv heads get it, with its options besides window and rank, as "memory memory-degree=3".</summary>
    public string BudgetMemoryAs { get; init; } = MemoryName;

    /// <summary>
    /// Tokens of a sequence: kv heads may keep softmax within the budget, likewise, with as many bytes as it keeps at that length; beyond it they grow. Kept places that
    /// grow count so, too. Null: no other head keeps it.
    /// </summary>
    public int? BudgetSoftmax { get; init; }

    /// <summary>How often the choice with keys, memories or softmax is made, each time from the one before, 1 to 8; the best is taken. Default 2.</summary>
    public int BudgetRounds { get; init; } = new DamageOptions().Rounds;

    /// <summary>The text to measure on; needed where something is measured.</summary>
    public string? Calibrate { get; init; }

    /// <summary>Tokens of it that are read, 96 to 16,777,216, and as many again with passages to recall. Default 8,192.</summary>
    public int CalibrateTokens { get; init; } = 8192;

    /// <summary>
    /// A JSON file of templates: recall is measured by facts that are so worded and asked for, planted in the text, and key scores are fitted to them.
    /// Null: the built-in ones where there are names, a share of lists, or heads may get more than windows; else parts of the text itself, planted twice, are asked for.
    /// </summary>
    public string? CalibrateRecall { get; init; }

    /// <summary>A file of names, one a line, for those facts; null takes the built-in ones.</summary>
    public string? CalibrateNames { get; init; }

    /// <summary>The share of such windows in which a list is queried instead of facts, 0 to 1; null is 0.3.</summary>
    public double? CalibrateLists { get; init; }

    /// <summary>Whether recall is measured by worded facts, which fitted scores can know and models recall rather than passages of any text.</summary>
    internal bool WordedRecall => CalibrateRecall is not null || CalibrateNames is not null || CalibrateLists is not null || Remembers;

    /// <summary>Whether heads may get more than windows within the budget.</summary>
    private bool Remembers => ScoresKeys || BudgetSoftmax is not null;

    /// <summary>Whether heads may get what needs fitted key scores.</summary>
    internal bool ScoresKeys => BudgetKeys.Count + BudgetMemory.Count > 0;

    private static IEnumerable<int> PowersOfTwo => Enumerable.Range(2, 9).Select(power => 1 << power);

    /// <summary>How many places are found by measuring; null where none are.</summary>
    internal int? Best => BestHeads ?? BestLayers;

    /// <summary>What is wrong with the choice itself, whatever the model; null where nothing is.</summary>
    internal string? Conflict =>
        BestHeads is not null && BestLayers is not null ? "keep-best-heads and keep-best-layers exclude each other"
        : Best is not null && Calibrate is null ? $"{(BestHeads is null ? "keep-best-layers" : "keep-best-heads")} needs calibrate, a text to measure on"
        : Budget is not null && Calibrate is null ? "budget needs calibrate, a text to measure on"
        : Budget is null && Remembers ? "budget-keys, budget-memory and budget-softmax need budget: they say what it may be spent on"
        : Best is null && Budget is null && Calibrate is not null ? "calibrate needs keep-best-heads, keep-best-layers or budget: without them nothing is measured"
        : Budget is not null && ByteCount.Parse(Budget) is null ? $"budget: expected bytes such as 260KB or 1.5MiB, got '{Budget}'"
        : Budget is null && BudgetWindows.Count > 0 ? "budget-windows needs budget: without it all windows are the mixer's own"
        : OutOf(BudgetWindows, MostWindow) is { } window ? $"budget-windows: expected numbers from 1 to {MostWindow}, got {window}"
        : BudgetKeys.Count > 0 && BudgetMemory.Count > 0 ? "budget-keys and budget-memory exclude each other: a memory is there for who keeps no keys beyond windows"
        : OutOf(BudgetKeys, MostKeys) is { } keys ? $"budget-keys: expected numbers from 1 to {MostKeys}, got {keys}"
        : OutOf(BudgetMemory, MostRank) is { } rank ? $"budget-memory: expected ranks from 1 to {MostRank}, got {rank}"
        : BudgetSoftmax is < 1 or > MostLength ? $"budget-softmax: expected a number of tokens from 1 to {MostLength}, got {BudgetSoftmax}"
        : BudgetMemoryAs.Split(' ')[0] != MemoryName ? $"budget-memory-as: expected {MemoryName} and its options, as \"{MemoryName} memory-degree=3\", got '{BudgetMemoryAs}'"
        : BudgetRounds is < 1 or > MostRounds ? $"budget-rounds: expected a number from 1 to {MostRounds}, got {BudgetRounds}"
        : Calibrate is null && (CalibrateRecall is not null || CalibrateNames is not null || CalibrateLists is not null) ? "calibrate-recall, calibrate-names and calibrate-lists need calibrate, the text that facts are planted in"
        : CalibrateLists is not (null or (>= 0 and <= 1)) ? $"calibrate-lists: expected a share from 0 to 1, got {CalibrateLists}"
        : Best < 1 ? $"keep-best: expected at least 1, got {Best}"
        : CalibrateTokens is < 96 or > 1 << 24 ? $"calibrate-tokens: expected a number from 96 to {1 << 24}, got {CalibrateTokens}"
        : Layers.Count > 0 && Every is not null ? "keep-layers and keep-every exclude each other: both choose whole layers"
        : Heads.FirstOrDefault(h => MixerPlace.TryParse(h, out var place) && Layers.Contains(place.Layer)) is { } head ? $"keep-heads names {head}, whose layer keep-layers keeps whole"
        : null;

    private static int? OutOf(IReadOnlyList<int> numbers, int most) => numbers.Where(number => number < 1 || number > most).Select(number => (int?)number).FirstOrDefault();

    /// <summary>The budget for a model; null where none is given.</summary>
    /// <param name="config">The original.</param>
    /// <param name="elementSize">Bytes of one kept key or value number.</param>
    internal MemoryBudget? Memory(HfConfig config, int elementSize) => Budget is null ? null : new MemoryBudget(config, elementSize, ByteCount.Parse(Budget)!.Value,
        new HeadSizes(BudgetWindows.Count > 0 ? BudgetWindows : [.. PowersOfTwo.Where(window => window <= Math.Max(config.MaxPositionEmbeddings, 4))], BudgetKeys, BudgetMemory) { Softmax = BudgetSoftmax, Memory = MixerSpec.Parse(BudgetMemoryAs) });

    /// <summary>Refuses a budget that cannot be kept, before anything is measured: with kept places that are only as many as those that will be found.</summary>
    /// <param name="source">The original.</param>
    /// <param name="plan">The conversion as it was asked for.</param>
    /// <exception cref="LigerException">The smallest windows do not fit, or nothing has to be left out.</exception>
    /// <exception cref="ModelException">The mixer has no windows, or is none that keys or memories stand beside; or softmax counts at fewer tokens than a window.</exception>
    internal void CheckBudget(CheckpointFolder source, MixerPlan plan)
    {
        if (Memory(source.Config, MemoryFigures.ElementSize(source)) is not { } memory)
            return;
        var any = Enumerable.Range(0, source.Config.NumHiddenLayers).SelectMany(layer => BestLayers is not null
            ? [new MixerPlace(layer)] : Enumerable.Range(0, source.Config.NumKeyValueHeads).Select(head => new MixerPlace(layer, head)));
        _ = memory.Kept(memory.Ladder(plan.With(MixerSpec.Parse(As), any.Take(Best ?? 0))));
    }

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
