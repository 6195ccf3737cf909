using System.Text.Json.Nodes;
using Liger.Checkpoints;
using Liger.Models.Mixers;

namespace Liger.Models.Conversion;

/// <summary>What conversion does to one layer.</summary>
/// <param name="Layer">Its number, from 0.</param>
/// <param name="Before">The mixing of the source.</param>
/// <param name="After">The mixing of the result.</param>
/// <param name="Note">Something worth knowing about this layer; null where there is nothing.</param>
public sealed record LayerChange(int Layer, string Before, string After, string? Note);

/// <summary>A conversion, planned: the new config.json and what changes. Weights do not change: every mixer works on the same projections.</summary>
/// <param name="Config">The new config.json.</param>
/// <param name="ModelType">Its model_type.</param>
/// <param name="Layers">One entry a layer.</param>
public sealed record ConversionPlan(JsonObject Config, string ModelType, IReadOnlyList<LayerChange> Layers);

/// <summary>
/// Turns the config of a base model into that of a linearized one. Model types, architectures and extra fields are those of the published
/// Liger models where there is one, so that their code loads the result; our own section holds every hyperparameter.
/// </summary>
public static class Linearizer
{
    private const string TypePrefix = "liger_";

    /// <summary>Plans a conversion.</summary>
    /// <param name="source">The source's config; a linearized one may be given another mixer, or its softmax back.</param>
    /// <param name="mixer">The new mixers.</param>
    /// <exception cref="ModelException">An unknown mixer or option, one that does not fit the source's shape, or a place that the source lacks.</exception>
    public static ConversionPlan Plan(HfConfig source, MixerPlan mixer)
    {
        var section = mixer.ToJson();
        var before = MixerPlan.Of(source);
        // Making them finds options that do not fit a layer, before any file is touched.
        using var made = MixerSet.Create(source, mixer);
        var layers = new List<LayerChange>();
        for (var i = 0; i < source.NumHiddenLayers; i++)
        {
            var runs = mixer.Runs(i, source.NumKeyValueHeads);
            var note = source.WindowOf(i) is { } window && runs.Any(r => r.Spec.Name != MixerSpec.Softmax.Name) ? $"the base window of {window} tokens is replaced" : null;
            layers.Add(new LayerChange(i, Describe(before, source, i), Describe(mixer, source, i), note));
        }

        var config = source.CopyRaw();
        config.Remove(HfConfig.LigerSection);
        var type = TypeOf(source.Family, mixer);
        config["model_type"] = type;
        config["architectures"] = new JsonArray(ArchitectureOf(source.Family, mixer));
        if (!mixer.IsSoftmax)
        {
            AddPublishedFields(config, source, section);
            config[HfConfig.LigerSection] = section;
        }
        return new ConversionPlan(config, type, layers);
    }

    private static string Describe(MixerPlan plan, HfConfig config, int layer)
    {
        var runs = plan.Runs(layer, config.NumKeyValueHeads);
        return runs.Count == 1 ? Describe(runs[0].Spec, config.WindowOf(layer)) : string.Join("; ", runs.Select(run =>
            $"kv {(run.Count == 1 ? $"{run.First}" : $"{run.First}-{run.First + run.Count - 1}")}: {Describe(run.Spec, config.WindowOf(layer))}"));
    }

    private static string Describe(MixerSpec mixer, int? window)
    {
        if (mixer.IsSoftmax)
            return window is null ? "softmax" : $"softmax, window {window}";
        var options = MixerCatalog.Find(mixer.Name).Complete(mixer.Options);
        return options.Count == 0 ? mixer.Name : $"{mixer.Name} ({string.Join(", ", options.Select(o => $"{o.Key} {o.Value}"))})";
    }

    private static string TypeOf(HfFamily family, MixerPlan mixer)
    {
        var name = family.ToString().ToLowerInvariant();
        if (mixer.IsSoftmax)
            return name;
        return TypePrefix + (family == HfFamily.Llama ? "" : name + "_") + KindOf(family, mixer);
    }

    /// <summary>
    /// Published hybrids are named by their recurrence alone, so one without a window carries "only". Exceptions carry "h", as the paper's Liger-GLA-H,
    /// and other options than the published ones "custom": published code, which knows neither, must not take such a checkpoint for one of its own.
    /// </summary>
    private static string KindOf(HfFamily family, MixerPlan plan) => plan.Default.Name.Replace('-', '_') switch
    {
        var hybrid when hybrid.StartsWith(TypePrefix, StringComparison.Ordinal) =>
            hybrid[TypePrefix.Length..] + (plan.Exceptions.Count == 0 && !IsAsPublished(family, plan.Default) ? "_custom" : ""),
        var alone when MixerCatalog.All.Any(k => k.Name == $"liger-{plan.Default.Name}") => alone + "_only",
        var other => other,
    } + (plan.Exceptions.Count > 0 ? "_h" : "");

    /// <summary>Whether published code computes this mixer: all but the slots of its Llama are constants there.</summary>
    private static bool IsAsPublished(HfFamily family, MixerSpec mixer)
    {
        var variable = family == HfFamily.Llama ? mixer.Options.Where(option => option.Key == "slots") : [];
        return mixer.SameAs(new MixerSpec(mixer.Name, variable.ToDictionary(option => option.Key, option => option.Value)));
    }

    private static string ArchitectureOf(HfFamily family, MixerPlan mixer)
    {
        var prefix = family == HfFamily.Llama ? "" : family.ToString();
        return mixer.IsSoftmax ? $"{family}ForCausalLM" : $"Liger{prefix}{KindOf(family, mixer).ToUpperInvariant()}ForCausalLM";
    }

    private static void AddPublishedFields(JsonObject config, HfConfig source, JsonObject section)
    {
        // The published configuration classes know only the older schema and have defaults of their own for what they do not find.
        if (!config.ContainsKey("rope_theta"))
            config["rope_theta"] = source.Rope.Theta;
        if (!config.ContainsKey("rope_scaling"))
            config["rope_scaling"] = Scaling(source.Rope);
        if (!config.ContainsKey("torch_dtype") && config["dtype"] is { } dtype)
            config["torch_dtype"] = dtype.DeepClone();
        if (source.Family != HfFamily.Llama)
            return;
        var slots = section["slots"]?.GetValue<int>() is { } named and > 0 ? named : source.HeadDim;
        config["pool_size"] = slots;
        foreach (var (name, value) in new[] { ("expand_k", 1), ("expand_v", 1), ("hidden_ratio", 4), ("pretraining_tp", 1) })
            if (!config.ContainsKey(name))
                config[name] = value;
    }

    private static JsonObject? Scaling(RopeConfig rope) => rope.Type switch
    {
        RopeType.Linear => new JsonObject { ["rope_type"] = "linear", ["factor"] = rope.Factor },
        RopeType.Llama3 => new JsonObject
        {
            ["rope_type"] = "llama3",
            ["factor"] = rope.Factor,
            ["low_freq_factor"] = rope.LowFreqFactor,
            ["high_freq_factor"] = rope.HighFreqFactor,
            ["original_max_position_embeddings"] = rope.OriginalMaxPositions,
        },
        _ => null,
    };
}
