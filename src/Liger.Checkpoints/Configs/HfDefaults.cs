namespace Liger.Checkpoints;

/// <summary>What Hugging Face documents for a field that config.json lacks, by family. Sizes that determine the graph have no default here although
/// the Python classes have one: a file without them is an error.
/// Source: huggingface/transformers, src/transformers/models/{llama,mistral,qwen2,qwen3}/configuration_*.py (4.x and 5.x agree on all of these);
/// rope_theta: the same files in 4.x, RotaryEmbeddingConfigMixin.default_theta in 5.x.</summary>
/// <param name="KeyValueHeads">num_key_value_heads where the field is not named; null: as many as query heads. A field that is null means that too.</param>
/// <param name="HeadDim">head_dim; null: hidden_size / num_attention_heads.</param>
/// <param name="MaxPositions">max_position_embeddings, tokens.</param>
/// <param name="NormEps">rms_norm_eps.</param>
/// <param name="RopeTheta">rope_theta.</param>
/// <param name="SlidingWindow">sliding_window, keys, where the field is not named and the family uses it.</param>
/// <param name="MaxWindowLayers">max_window_layers: the first layer with a window.</param>
/// <param name="BosTokenId">bos_token_id.</param>
/// <param name="EosTokenId">eos_token_id.</param>
internal sealed record HfDefaults(
    int? KeyValueHeads, int? HeadDim, int MaxPositions, double NormEps, double RopeTheta, int SlidingWindow, int MaxWindowLayers, int? BosTokenId, int? EosTokenId)
{
    /// <summary>The table's row of a family.</summary>
    public static HfDefaults Of(HfFamily family) => family switch
    {
        //                            kv heads, head dim, positions, eps, theta, window, first window layer, bos, eos
        HfFamily.Llama => new HfDefaults(null, null, 2048, 1e-6, 10000, 0, 0, 1, 2),
        HfFamily.Mistral => new HfDefaults(8, null, 131072, 1e-6, 10000, 4096, 0, 1, 2),
        HfFamily.Qwen2 => new HfDefaults(32, null, 32768, 1e-6, 10000, 4096, 28, null, null),
        HfFamily.Qwen3 => new HfDefaults(32, 128, 32768, 1e-6, 10000, 4096, 28, null, null),
        _ => throw new ArgumentOutOfRangeException(nameof(family), family, null),
    };
}
