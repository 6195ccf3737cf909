using System.Globalization;
using Liger.Checkpoints;

namespace Liger.Models.Mixers;

/// <summary>Sizes that the kv heads of a conversion may get.</summary>
/// <param name="Windows">Tokens that a window may hold; at least one.</param>
/// <param name="Keys">Selected keys that a window may have beside it; empty: none has.</param>
/// <param name="Ranks">Ranks of a memory that a window may have behind it; empty: none has.</param>
public sealed record HeadSizes(IReadOnlyList<int> Windows, IReadOnlyList<int> Keys, IReadOnlyList<int> Ranks)
{
    /// <summary>Windows alone.</summary>
    public HeadSizes(IReadOnlyList<int> windows) : this(windows, [], []) { }
}

/// <summary>
/// The forms that the kv heads of a conversion may get, each head its own: those heads that have the plan's default mixer. Windows of that mixer, with its
/// other options; or, where sizes say so, the mixers selected (with learned scores) and memory, which take over its sinks and cache-bits.
/// </summary>
public sealed class HeadLadder
{
    private const string WindowOption = "window";
    private const long Longest = 1L << 40;
    private static readonly string[] Shared = ["sinks", "cache-bits"];

    private readonly HfConfig config;
    private readonly int elementSize;
    private readonly HeadSizes sizes;

    /// <param name="config">The original.</param>
    /// <param name="plan">The conversion.</param>
    /// <param name="sizes">What the heads may get. Windows above a layer's own are left out there; what is remembered beside one may be older.</param>
    /// <param name="elementSize">Bytes of one kept key or value number.</param>
    /// <exception cref="ModelException">The plan's default mixer has no window, or is another one than window where more is asked for.</exception>
    public HeadLadder(HfConfig config, MixerPlan plan, HeadSizes sizes, int elementSize)
    {
        (this.config, Plan, this.elementSize) = (config, plan, elementSize);
        this.sizes = sizes with { Windows = [.. sizes.Windows.Distinct().Order()], Keys = [.. sizes.Keys.Distinct().Order()], Ranks = [.. sizes.Ranks.Distinct().Order()] };
        if (MixerCatalog.Find(plan.Default.Name).Options.All(option => option.Name != WindowOption))
            throw new ModelException($"budget: expected a mixer with the option '{WindowOption}', got {plan.Default.Name}.");
        if (sizes.Keys.Count + sizes.Ranks.Count > 0 && plan.Default.Name != WindowOption)
            throw new ModelException($"budget-keys and budget-memory: expected the mixer {WindowOption}, which selected keys and memories stand beside, got {plan.Default.Name}.");
        Heads = [.. from layer in Enumerable.Range(0, config.NumHiddenLayers)
                    from head in Enumerable.Range(0, config.NumKeyValueHeads)
                    where plan.At(layer, head).SameAs(plan.Default)
                    select new MixerPlace(layer, head)];
    }

    /// <summary>The conversion before forms are chosen.</summary>
    public MixerPlan Plan { get; }

    /// <summary>The kv heads that get forms.</summary>
    public IReadOnlyList<MixerPlace> Heads { get; }

    /// <summary>Bytes that these heads keep of one sequence at least.</summary>
    public long Least => Heads.Sum(head => Windows(head)[0].Bytes);

    /// <summary>The windows that a head may get, the smallest first.</summary>
    public IReadOnlyList<HeadForm> Windows(MixerPlace head) =>
        [.. sizes.Windows.Where((size, i) => i == 0 || !(size > config.WindowOf(head.Layer))).Select(size => Form(size))];

    /// <summary>The windows with selected keys or a memory that a head may get, of those that reach less far than the model's longest sequence.</summary>
    public IReadOnlyList<HeadForm> Remembering(MixerPlace head)
    {
        var windows = Windows(head).Select(form => form.Window).ToList();
        return
        [
            .. from keys in sizes.Keys from window in windows where window + keys < config.MaxPositionEmbeddings select Form(window, keys),
            .. from rank in sizes.Ranks from window in windows where window < config.MaxPositionEmbeddings select Form(window, rank: rank),
        ];
    }

    /// <summary>The plan with these forms; the one that most heads have becomes its default mixer.</summary>
    /// <param name="mixers">One for each of <see cref="Heads"/>.</param>
    public MixerPlan With(IReadOnlyList<MixerSpec> mixers)
    {
        var groups = new List<(MixerSpec Spec, List<MixerPlace> Heads)>();
        foreach (var (head, spec) in Heads.Zip(mixers))
        {
            if (groups.Find(group => group.Spec.SameAs(spec)) is { Heads: { } same })
                same.Add(head);
            else
                groups.Add((spec, [head]));
        }
        if (groups.Count == 0)
            return Plan;
        var most = groups.OrderByDescending(group => group.Heads.Count).First();
        var made = new MixerPlan(most.Spec, Plan.Exceptions);
        return groups.Where(group => group != most).Aggregate(made, (plan, group) => plan.With(group.Spec, group.Heads));
    }

    private HeadForm Form(int window, int keys = 0, int rank = 0)
    {
        var alone = Plan.Default with { Options = new Dictionary<string, string>(Plan.Default.Options) { [WindowOption] = Text(window) } };
        var spec = keys > 0 ? Selected(keys) : rank > 0 ? Beside("memory", ("memory-rank", Text(rank))) : alone;
        var bytes = spec.Create(new MixerShape(config.NumAttentionHeads / config.NumKeyValueHeads, 1, config.HeadDim)).StateBytes(Longest, elementSize);
        var form = new HeadForm(spec, window, keys, rank, bytes);
        return rank > 0 ? form with { OnText = alone, OnRecall = Selected(rank * (rank + 1) / 2) } : form;

        MixerSpec Selected(int m) => Beside("selected", ("selected", Text(m)), ("key-score", "learned"));
        MixerSpec Beside(string name, params IEnumerable<(string Name, string Value)> options) =>
            new(name, alone.Options.Where(option => option.Key == WindowOption || Shared.Contains(option.Key)).Concat(options.Select(o => KeyValuePair.Create(o.Name, o.Value)))
                .ToDictionary(option => option.Key, option => option.Value));
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
