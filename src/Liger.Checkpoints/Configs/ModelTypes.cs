namespace Liger.Checkpoints;

/// <summary>Which base family a model_type belongs to: the family's own name, or "liger_[family_]kind" as the published Liger models have it
/// (liger_gla, liger_hgrn2, liger_gsa for Llama; liger_mistral_gla, liger_qwen2_gla, liger_qwen3_gla …).</summary>
internal static class ModelTypes
{
    private const string LinearizedPrefix = "liger_";

    private static readonly (string Name, HfFamily Family)[] Families =
        [("llama", HfFamily.Llama), ("mistral", HfFamily.Mistral), ("qwen2", HfFamily.Qwen2), ("qwen3", HfFamily.Qwen3)];

    /// <summary>Reads the field.</summary>
    /// <exception cref="CheckpointException">The field is missing or names a family that is not supported.</exception>
    public static (string ModelType, HfFamily Family, string? Kind) Read(JsonFields json)
    {
        var type = json.TextOrNull("model_type") ?? throw json.Missing("model_type", "the family, such as llama");
        foreach (var (name, family) in Families)
            if (type == name)
                return (type, family, null);
        if (!type.StartsWith(LinearizedPrefix, StringComparison.Ordinal) || type.Length == LinearizedPrefix.Length)
            throw json.Wrong("model_type", $"one of {string.Join(", ", Families.Select(f => f.Name))} or a linearized one of them (liger_…)", json.Node("model_type"));
        var rest = type[LinearizedPrefix.Length..];
        foreach (var (name, family) in Families)
            if (rest.StartsWith(name + "_", StringComparison.Ordinal))
                return (type, family, rest[(name.Length + 1)..]);
        return (type, HfFamily.Llama, rest);
    }
}
