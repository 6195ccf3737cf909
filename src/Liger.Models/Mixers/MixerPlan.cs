using System.Text.Json.Nodes;
using Liger.Checkpoints;

namespace Liger.Models.Mixers;

/// <summary>
/// Which mixer works where: one for all layers and kv heads, and exceptions by layer or by kv head. A kv head's own exception goes before its
/// layer's. A single <see cref="MixerSpec"/> is a plan without exceptions.
/// </summary>
public sealed class MixerPlan
{
    private const string ExceptionsField = "except";

    private readonly SortedDictionary<MixerPlace, MixerSpec> exceptions;

    /// <param name="default">The mixer of every place that has no exception.</param>
    /// <param name="exceptions">Mixers of single layers and kv heads; null is none.</param>
    public MixerPlan(MixerSpec @default, IEnumerable<KeyValuePair<MixerPlace, MixerSpec>>? exceptions = null)
    {
        Default = @default;
        this.exceptions = new(new Dictionary<MixerPlace, MixerSpec>(exceptions ?? []));
    }

    /// <summary>The mixer of every place that has no exception.</summary>
    public MixerSpec Default { get; }

    /// <summary>Mixers of single layers and kv heads, in order.</summary>
    public IReadOnlyDictionary<MixerPlace, MixerSpec> Exceptions => exceptions;

    /// <summary>Whether this is the original attention everywhere.</summary>
    public bool IsSoftmax => Default.IsSoftmax && exceptions.Values.All(e => e.IsSoftmax);

    /// <summary>A plan without exceptions.</summary>
    public static implicit operator MixerPlan(MixerSpec spec) => FromMixerSpec(spec);

    /// <summary>A plan without exceptions.</summary>
    public static MixerPlan FromMixerSpec(MixerSpec spec) => new(spec);

    /// <summary>The same plan with another mixer in some places.</summary>
    public MixerPlan With(MixerSpec spec, params IEnumerable<MixerPlace> places)
    {
        var changed = new Dictionary<MixerPlace, MixerSpec>(exceptions);
        foreach (var place in places)
            changed[place] = spec;
        return new MixerPlan(Default, changed);
    }

    /// <summary>The mixer of one kv head.</summary>
    public MixerSpec At(int layer, int kvHead) =>
        exceptions.TryGetValue(new MixerPlace(layer, kvHead), out var ofHead) ? ofHead
        : exceptions.TryGetValue(new MixerPlace(layer), out var ofLayer) ? ofLayer
        : Default;

    /// <summary>Neighbouring kv heads of a layer that share a mixer, in order.</summary>
    public IReadOnlyList<MixerRun> Runs(int layer, int kvHeads)
    {
        var runs = new List<MixerRun>();
        for (var head = 0; head < kvHeads; head++)
        {
            var spec = At(layer, head);
            if (runs.Count > 0 && runs[^1].Spec.SameAs(spec))
                runs[^1] = runs[^1] with { Count = runs[^1].Count + 1 };
            else
                runs.Add(new MixerRun(head, 1, spec));
        }
        return runs;
    }

    /// <summary>Makes the mixer of one layer: one for all heads where they agree, otherwise one for each run of heads.</summary>
    /// <exception cref="ModelException">An unknown name or option, a value out of range, or one that does not fit the shape.</exception>
    public TokenMixer Create(int layer, MixerShape shape)
    {
        var runs = Runs(layer, shape.KvHeads);
        return runs.Count == 1 ? runs[0].Spec.Create(shape) : new HeadGroupsMixer(runs, shape);
    }

    /// <summary>Fails where an exception names a layer or head that the model does not have.</summary>
    /// <exception cref="ModelException">It names one.</exception>
    public void Check(HfConfig config)
    {
        foreach (var place in exceptions.Keys)
        {
            if (place.Layer >= config.NumHiddenLayers)
                throw new ModelException($"mixer of {place}: layer — expected one from 0 to {config.NumHiddenLayers - 1}, got {place.Layer}.");
            if (place.KvHead >= config.NumKeyValueHeads)
                throw new ModelException($"mixer of {place}: kv head — expected one from 0 to {config.NumKeyValueHeads - 1}, got {place.KvHead}.");
        }
    }

    /// <summary>Whether both put the same mixers with the same options in the same places of a model of that size.</summary>
    public bool SameAs(MixerPlan other, int layers, int kvHeads)
    {
        for (var layer = 0; layer < layers; layer++)
            for (var head = 0; head < kvHeads; head++)
                if (!At(layer, head).SameAs(other.At(layer, head)))
                    return false;
        return true;
    }

    /// <summary>The section of config.json: the default mixer's name and options and, where there are any, the exceptions by place.</summary>
    /// <exception cref="ModelException">An unknown name or option, or a value out of range.</exception>
    public JsonObject ToJson()
    {
        var section = Default.ToJson();
        if (exceptions.Count > 0)
            section[ExceptionsField] = new JsonObject(exceptions.Select(e => KeyValuePair.Create<string, JsonNode?>(e.Key.ToString(), e.Value.ToJson())));
        return section;
    }

    /// <summary>The plan of a checkpoint: from our own section, or as <see cref="MixerSpec.Of"/> for one without.</summary>
    /// <exception cref="ModelException">A section or model_type that names no mixer we know, or places that the model does not have.</exception>
    public static MixerPlan Of(HfConfig config)
    {
        var @default = MixerSpec.Of(config);
        if (config.Liger?[ExceptionsField] is not { } node)
            return @default;
        var at = $"{config.File}: section '{HfConfig.LigerSection}', field '{ExceptionsField}'";
        if (node is not JsonObject section)
            throw new ModelException($"{at} — expected an object, got {node.ToJsonString()}.");
        try
        {
            var plan = new MixerPlan(@default, section.Select(e => KeyValuePair.Create(MixerPlace.Parse(e.Key), MixerSpec.FromJson(
                e.Value as JsonObject ?? throw new ModelException($"'{e.Key}' — expected an object, got {e.Value?.ToJsonString() ?? "null"}."), config.File))));
            plan.Check(config);
            return plan;
        }
        catch (ModelException e) when (!e.Message.StartsWith(config.File, StringComparison.Ordinal))
        {
            throw new ModelException($"{at}: {e.Message}");
        }
    }

    /// <summary>"window" or "window; softmax in 5.1".</summary>
    public override string ToString() => string.Join("; ", exceptions.GroupBy(e => e.Value.Name).Select(g => $"{g.Key} in {string.Join(", ", g.Select(e => e.Key))}").Prepend(Default.Name));

    internal static bool IsOwnField(string field) => field == ExceptionsField;
}

/// <summary>Neighbouring kv heads with one mixer.</summary>
/// <param name="First">The first kv head.</param>
/// <param name="Count">How many.</param>
/// <param name="Spec">Their mixer.</param>
public sealed record MixerRun(int First, int Count, MixerSpec Spec);
