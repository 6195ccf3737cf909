namespace Liger.Checkpoints;

/// <summary>The base families whose config.json and tensor names are understood; all are decoder-only with RMS norm, RoPE and a gated SiLU feed-forward.</summary>
public enum HfFamily
{
    /// <summary>Llama 1 to 3.2 and everything that says model_type "llama", such as TinyLlama and SmolLM.</summary>
    Llama,

    /// <summary>Mistral: as Llama, with a sliding window.</summary>
    Mistral,

    /// <summary>Qwen2 and Qwen2.5: as Llama, with biases on q, k and v.</summary>
    Qwen2,

    /// <summary>Qwen3: as Llama, with norms on q and k and a head size of its own.</summary>
    Qwen3,
}
