namespace Liger.Checkpoints;

/// <summary>The adapter_config.json of a LoRA adapter, as PEFT reads and writes it, limited to what our LoRA does. Source: huggingface/peft,
/// src/peft/tuners/lora/config.py and src/peft/config.py.</summary>
public sealed record AdapterConfig
{
    /// <summary>The file's name in an adapter folder.</summary>
    public const string FileName = "adapter_config.json";

    /// <summary>r: the rank R of both matrices; at least 1.</summary>
    public required int Rank { get; init; }

    /// <summary>lora_alpha; more than 0.</summary>
    public required double Alpha { get; init; }

    /// <summary>lora_dropout: the part of the inputs dropped in training, from 0 to below 1.</summary>
    public double Dropout { get; init; }

    /// <summary>target_modules: the last parts of the adapted modules' names, such as "q_proj".</summary>
    public required IReadOnlyList<string> TargetModules { get; init; }

    /// <summary>base_model_name_or_path: what the adapter was trained on.</summary>
    public string? BaseModelNameOrPath { get; init; }

    /// <summary>use_rslora: scale by alpha / sqrt(rank) instead of alpha / rank.</summary>
    public bool UseRsLora { get; init; }

    /// <summary>use_dora: rows of the adapted weight have trained lengths.</summary>
    public bool UseDora { get; init; }

    /// <summary>What the product B·A is multiplied by: alpha / rank, or alpha / sqrt(rank).</summary>
    public double Scaling => Alpha / (UseRsLora ? Math.Sqrt(Rank) : Rank);

    /// <summary>Whether a module is among the targets: its name is one of them or ends with a dot and one of them.</summary>
    /// <param name="module">The module's full name, such as "model.layers.0.self_attn.q_proj".</param>
    public bool Targets(string module) => TargetModules.Any(target =>
        module == target || (module.Length > target.Length && module.EndsWith(target, StringComparison.Ordinal) && module[module.Length - target.Length - 1] == '.'));
}
