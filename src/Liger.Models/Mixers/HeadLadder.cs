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

    /// <summary>The mixer memory with its options besides window and rank.</summary>
    public MixerSpec Memory { get; init; } = new("memory", new Dictionary<string, string>());

    /// <summary>Tokens at which softmax counts, whose memory grows; null: no head has it.</summary>
    public int? Softmax { get; init; }
}

/// <summary>
/// The forms that the kv heads of a conversion may get, each head its own: those heads that have the plan's default mixer. Windows of that mixer, with its
/// other options; or, where sizes say so, the mixers selected (with learned scores), memory and softmax, which take over those of its options that they have.
/// </summary>
public sealed class HeadLadder
{
    private const string WindowOption = "window", RankOption = "memory-rank";
    private const long Longest = 1L << 40;

    private readonly HfConfig config;
    private readonly int elementSize;
    private readonly HeadSizes sizes;

    /// <param name="config">The original.</param>
    /// <param name="plan">The conversion.</param>
    /// <param name="sizes">What the heads may get. Windows above a layer's own are left out there; what is remembered beside one may be older.</param>
    /// <param name="elementSize">Bytes of one kept key or value number.</param>
    /// <exception cref="ModelException">
    /// The plan's default mixer has no window, or is another one than window where keys or memories are asked for; or softmax counts at fewer tokens than a window.
    /// </exception>
    public HeadLadder(HfConfig config, MixerPlan plan, HeadSizes sizes, int elementSize)
    {
        (this.config, Plan, this.elementSize) = (config, plan, elementSize);
        this.sizes = sizes with { Windows = [.. sizes.Windows.Distinct().Order()], Keys = [.. sizes.Keys.Distinct().Order()], Ranks = [.. sizes.Ranks.Distinct().Order()] };
        if (MixerCatalog.Find(plan.Default.Name).Options.All(option => option.Name != WindowOption))
            throw new ModelException($"budget: expected a mixer with the option '{WindowOption}', got {plan.Default.Name}.");
        if (sizes.Keys.Count + sizes.Ranks.Count > 0 && plan.Default.Name != WindowOption)
            throw new ModelException($"budget-keys and budget-memory: expected the mixer {WindowOption}, which selected keys and memories stand beside, got {plan.Default.Name}.");
        if (sizes.Softmax <= this.sizes.Windows[0])
            throw new ModelException($"budget-softmax: expected more tokens than the smallest window, {this.sizes.Windows[0]}, got {sizes.Softmax}.");
        Heads = [.. from layer in Enumerable.Range(0, config.NumHiddenLayers)
                    from head in Enumerable.Range(0, config.NumKeyValueHeads)
                    where plan.At(layer, head).SameAs(plan.Default)
                    select new MixerPlace(layer, head)];
    }

    /// <summary>The conversion before forms are chosen.</summary>
    public MixerPlan Plan { get; }

    /// <summary>The kv heads that get forms.</summary>
    public IReadOnlyList<MixerPlace> Heads { get; }

    /// <summary>Whether heads may get softmax.</summary>
    public bool MayGrow => sizes.Softmax is not null;

    /// <summary>Bytes that these heads keep of one sequence at least.</summary>
    public long Least => Heads.Sum(head => Windows(head)[0].Bytes);

    /// <summary>The windows that a head may get, the smallest first.</summary>
    public IReadOnlyList<HeadForm> Windows(MixerPlace head) => [.. WindowSizes(head).Select(size => Form(head, size))];

    /// <summary>The windows that a head may get, the smallest first, and softmax where sizes say so.</summary>
    public IReadOnlyList<HeadForm> Alone(MixerPlace head) => sizes.Softmax is { } tokens ? [.. Windows(head), Growing(head, tokens)] : Windows(head);

    /// <summary>The windows with selected keys or a memory that a head may get, of those that reach less far than the model's longest sequence.</summary>
    public IReadOnlyList<HeadForm> Remembering(MixerPlace head) =>
    [
        .. from keys in sizes.Keys from window in WindowSizes(head) where window + keys < config.MaxPositionEmbeddings select Form(head, window, keys),
        .. from rank in sizes.Ranks from window in WindowSizes(head) where window < config.MaxPositionEmbeddings select Form(head, window, rank: rank),
    ];

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

    private IEnumerable<int> WindowSizes(MixerPlace head) => sizes.Windows.Where((size, i) => i == 0 || !(size > config.WindowOf(head.Layer)));

    private HeadForm Form(MixerPlace head, int window, int keys = 0, int rank = 0)
    {
        var alone = Plan.Default with { Options = new Dictionary<string, string>(Plan.Default.Options) { [WindowOption] = Text(window) } };
        var spec = keys > 0 ? Selected(keys) : rank > 0 ? Memory() : alone;
        var mixer = Mixer(head, spec);
        var form = new HeadForm(spec, window, keys, rank, mixer.StateBytes(Longest, elementSize));
        return mixer is MemoryMixer memory ? form with { OnText = alone, OnRecall = Selected(memory.Features) } : form;

        MixerSpec Memory() => Like(
            alone, sizes.Memory.Name, [.. sizes.Memory.Options.Where(o => o.Key != RankOption && !alone.Options.ContainsKey(o.Key)).Select(o => (o.Key, o.Value)), (RankOption, Text(rank))]);
        MixerSpec Selected(long m) => Like(alone, "selected", ("selected", Text(m)), ("key-score", "learned"));
    }

    private HeadForm Growing(MixerPlace head, int tokens)
    {
        var spec = Like(Plan.Default, MixerSpec.Softmax.Name);
        return new HeadForm(spec, Window: null, Keys: 0, Rank: 0, Mixer(head, spec).StateBytes(tokens, elementSize));
    }

    private TokenMixer Mixer(MixerPlace head, MixerSpec spec) => spec.Create(MixerShape.Of(config, head.Layer).Part(0, 1));

    /// <summary>Another mixer with those options that it has too, and further ones.</summary>
    private static MixerSpec Like(MixerSpec spec, string name, params IEnumerable<(string Name, string Value)> further)
    {
        var known = MixerCatalog.Find(name).Options.Select(option => option.Name).ToHashSet();
        return new(name, spec.Options.Where(option => known.Contains(option.Key)).Concat(further.Select(o => KeyValuePair.Create(o.Name, o.Value))).ToDictionary());
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
