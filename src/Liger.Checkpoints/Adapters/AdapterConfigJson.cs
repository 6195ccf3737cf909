using System.Text.Json;
using System.Text.Json.Nodes;

namespace Liger.Checkpoints;

/// <summary>adapter_config.json to and from <see cref="AdapterConfig"/>. An option that would change what the adapter means and that we do not have is
/// refused by name; nothing is passed over silently.</summary>
internal static class AdapterConfigJson
{
    private const int MostRank = 1 << 16;
    private const double MostAlpha = 1e9;

    // Says nothing about the product B·A, or is read here.
    private static readonly string[] Understood =
    [
        "alpha_pattern", "arrow_config", "auto_mapping", "base_model_name_or_path", "bias", "corda_config", "ensure_weight_tying", "eva_config", "exclude_modules",
        "fan_in_fan_out", "inference_mode", "init_lora_weights", "layer_replication", "layers_pattern", "layers_to_transform", "loftq_config", "lora_alpha",
        "lora_dropout", "megatron_core", "peft_type", "peft_version", "qalora_group_size", "r", "rank_pattern", "revision", "runtime_config", "target_modules",
        "task_type", "use_dora", "use_rslora",
    ];

    // Must be absent, null, false or empty.
    private static readonly string[] Refused =
        ["rank_pattern", "alpha_pattern", "layer_replication", "fan_in_fan_out", "loftq_config", "corda_config", "arrow_config"];

    // Initialisations that leave the base weights as they were; the others (pissa, olora, loftq, corda) train against a changed base.
    private static readonly string[] PlainInitialisations = ["gaussian", "eva", "orthogonal"];

    /// <summary>Reads the file's object.</summary>
    public static AdapterConfig Read(JsonObject raw, string file)
    {
        var json = new JsonFields(raw, file);
        Demand(json, "peft_type", json.TextOrNull("peft_type") == "LORA", "LORA, the only kind of adapter that is supported");
        Demand(json, "task_type", json.TextOrNull("task_type") is null or "CAUSAL_LM", "CAUSAL_LM");
        Demand(json, "bias", json.TextOrNull("bias") is null or "none", "none: trained biases are not supported");
        Demand(json, "init_lora_weights", IsPlainInitialisation(json.Node("init_lora_weights")), "true or false: an adapter that changed its base weights does not fit the original model");
        foreach (var name in json.Names)
            if ((Refused.Contains(name) || !Understood.Contains(name)) && IsSet(json.Node(name)))
                throw json.Wrong(name, "nothing: this option of PEFT is not supported", json.Node(name));
        if (json.Node("target_modules") is JsonValue pattern)
            throw json.Wrong("target_modules", "a list of names: patterns are not supported", pattern);
        var targets = json.TextsOrNull("target_modules") ?? throw json.Missing("target_modules", "a list of names");
        Demand(json, "target_modules", targets.Count > 0, "at least one name");
        return new AdapterConfig
        {
            Rank = json.Int("r", 1, MostRank),
            Alpha = json.Number("lora_alpha", double.Epsilon, MostAlpha),
            Dropout = json.NumberOrNull("lora_dropout", 0, Math.BitDecrement(1.0)) ?? 0,
            TargetModules = targets,
            BaseModelNameOrPath = json.TextOrNull("base_model_name_or_path"),
            UseRsLora = json.BoolOrNull("use_rslora") ?? false,
            UseDora = json.BoolOrNull("use_dora") ?? false,
        };
    }

    /// <summary>The object PEFT expects, its fields in alphabetical order as PEFT writes them.</summary>
    public static JsonObject Format(AdapterConfig config) => new()
    {
        ["alpha_pattern"] = new JsonObject(),
        ["auto_mapping"] = null,
        ["base_model_name_or_path"] = config.BaseModelNameOrPath,
        ["bias"] = "none",
        ["fan_in_fan_out"] = false,
        ["inference_mode"] = true,
        ["init_lora_weights"] = true,
        ["layers_pattern"] = null,
        ["layers_to_transform"] = null,
        ["lora_alpha"] = Number(config.Alpha),
        ["lora_dropout"] = config.Dropout,
        ["modules_to_save"] = null,
        ["peft_type"] = "LORA",
        ["r"] = config.Rank,
        ["rank_pattern"] = new JsonObject(),
        ["revision"] = null,
        ["target_modules"] = new JsonArray([.. config.TargetModules.Select(target => JsonValue.Create(target))]),
        ["task_type"] = "CAUSAL_LM",
        ["use_dora"] = config.UseDora,
        ["use_rslora"] = config.UseRsLora,
    };

    // PEFT's field is a whole number; an alpha that is one is written so.
    private static JsonNode Number(double alpha) => alpha == Math.Truncate(alpha) ? JsonValue.Create((long)alpha) : JsonValue.Create(alpha);

    private static void Demand(JsonFields json, string name, bool holds, string expected)
    {
        if (!holds)
            throw json.Wrong(name, expected, json.Node(name));
    }

    private static bool IsSet(JsonNode? node) => node switch
    {
        null => false,
        JsonArray array => array.Count > 0,
        JsonObject value => value.Count > 0,
        _ => node.GetValueKind() != JsonValueKind.False,
    };

    private static bool IsPlainInitialisation(JsonNode? node) => node switch
    {
        null => true,
        JsonValue value when value.GetValueKind() is JsonValueKind.True or JsonValueKind.False => true,
        JsonValue value when value.GetValueKind() is JsonValueKind.String => value.TryGetValue<string>(out var name) && PlainInitialisations.Contains(name),
        _ => false,
    };
}
