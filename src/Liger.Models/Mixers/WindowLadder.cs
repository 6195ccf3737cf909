using System.Globalization;
using Liger.Checkpoints;

namespace Liger.Models.Mixers;

/// <summary>The windows that the kv heads of a conversion may get, one size for each head: those heads that have the plan's default mixer, with its other options.</summary>
public sealed class WindowLadder
{
    private const string Option = "window";
    private const long Longest = 1L << 40;

    private readonly HfConfig config;
    private readonly int elementSize;
    private readonly List<int> sizes;

    /// <param name="config">The original.</param>
    /// <param name="plan">The conversion.</param>
    /// <param name="windows">Tokens that a window may hold. Those above a layer's own window are left out there.</param>
    /// <param name="elementSize">Bytes of one kept key or value number.</param>
    /// <exception cref="ModelException">The plan's default mixer has no window.</exception>
    public WindowLadder(HfConfig config, MixerPlan plan, IEnumerable<int> windows, int elementSize)
    {
        (this.config, Plan, this.elementSize, sizes) = (config, plan, elementSize, [.. windows.Distinct().Order()]);
        if (MixerCatalog.Find(plan.Default.Name).Options.All(option => option.Name != Option))
            throw new ModelException($"budget: expected a mixer with the option '{Option}', got {plan.Default.Name}.");
        Heads = [.. from layer in Enumerable.Range(0, config.NumHiddenLayers)
                    from head in Enumerable.Range(0, config.NumKeyValueHeads)
                    where plan.At(layer, head).SameAs(plan.Default)
                    select new MixerPlace(layer, head)];
    }

    /// <summary>The conversion before windows are chosen.</summary>
    public MixerPlan Plan { get; }

    /// <summary>The kv heads that get windows.</summary>
    public IReadOnlyList<MixerPlace> Heads { get; }

    /// <summary>Bytes that these heads keep of one sequence at least.</summary>
    public long Least => Heads.Sum(head => Bytes(Windows(head)[0]));

    /// <summary>The windows that a head may get, the smallest first.</summary>
    public IReadOnlyList<int> Windows(MixerPlace head) =>
        config.WindowOf(head.Layer) is { } own ? [sizes[0], .. sizes.Skip(1).Where(size => size <= own)] : sizes;

    /// <summary>The mixer with a window of that size.</summary>
    public MixerSpec Spec(int window) =>
        Plan.Default with { Options = new Dictionary<string, string>(Plan.Default.Options) { [Option] = window.ToString(CultureInfo.InvariantCulture) } };

    /// <summary>Bytes that a kv head with a window of that size keeps of one sequence, however long it gets.</summary>
    public long Bytes(int window)
    {
        var shape = new MixerShape(config.NumAttentionHeads / config.NumKeyValueHeads, 1, config.HeadDim);
        return Spec(window).Create(shape).StateBytes(Longest, elementSize);
    }

    /// <summary>The plan with these windows; the size that most heads have becomes its default mixer.</summary>
    /// <param name="windows">One for each of <see cref="Heads"/>.</param>
    public MixerPlan With(IReadOnlyList<int> windows)
    {
        var groups = Heads.Zip(windows).GroupBy(pair => pair.Second, pair => pair.First).OrderByDescending(group => group.Count()).ThenBy(group => group.Key).ToList();
        if (groups.Count == 0)
            return Plan;
        var made = new MixerPlan(Spec(groups[0].Key), Plan.Exceptions);
        return groups.Skip(1).Aggregate(made, (plan, group) => plan.With(Spec(group.Key), [.. group]));
    }
}
