using System.Text.Json.Nodes;
using static TorchSharp.torch;

namespace Liger.Checkpoints;

/// <summary>A config.json, typed: what it takes to build the graph, from either of Hugging Face's schemas, and the raw object to rewrite.</summary>
public sealed record HfConfig
{
    /// <summary>The file's usual name.</summary>
    public const string FileName = "config.json";

    /// <summary>The name of our own section, which this class hands on unread.</summary>
    public const string LigerSection = "liger";

    /// <summary>The path of the file, or the name under which it was parsed.</summary>
    public required string File { get; init; }

    /// <summary>model_type, such as "llama" or "liger_mistral_gla".</summary>
    public required string ModelType { get; init; }

    /// <summary>The base family behind the model_type.</summary>
    public required HfFamily Family { get; init; }

    /// <summary>What a "liger_…" model_type names after the family, such as "gla"; null for a base model.</summary>
    public string? LinearizedKind { get; init; }

    /// <summary>architectures; empty where the field is missing.</summary>
    public required IReadOnlyList<string> Architectures { get; init; }

    /// <summary>hidden_size, C.</summary>
    public required int HiddenSize { get; init; }

    /// <summary>intermediate_size of the feed-forward.</summary>
    public required int IntermediateSize { get; init; }

    /// <summary>num_hidden_layers, L.</summary>
    public required int NumHiddenLayers { get; init; }

    /// <summary>num_attention_heads, H.</summary>
    public required int NumAttentionHeads { get; init; }

    /// <summary>num_key_value_heads, Hkv; divides H.</summary>
    public required int NumKeyValueHeads { get; init; }

    /// <summary>head_dim, D; even.</summary>
    public required int HeadDim { get; init; }

    /// <summary>vocab_size, V.</summary>
    public required int VocabSize { get; init; }

    /// <summary>max_position_embeddings, tokens.</summary>
    public required int MaxPositionEmbeddings { get; init; }

    /// <summary>rms_norm_eps.</summary>
    public required double RmsNormEps { get; init; }

    /// <summary>tie_word_embeddings: the head is the embedding.</summary>
    public required bool TieWordEmbeddings { get; init; }

    /// <summary>The rotary embedding.</summary>
    public required RopeConfig Rope { get; init; }

    /// <summary>Whether q_proj, k_proj and v_proj have biases.</summary>
    public required bool QkvBias { get; init; }

    /// <summary>Whether o_proj has a bias.</summary>
    public required bool OutputBias { get; init; }

    /// <summary>Whether the feed-forward's projections have biases.</summary>
    public required bool MlpBias { get; init; }

    /// <summary>Whether each head of q and k passes an RMS norm (q_norm, k_norm).</summary>
    public required bool QkNorm { get; init; }

    /// <summary>The sliding window in keys, the token itself included; null where no layer has one.</summary>
    public int? SlidingWindow { get; init; }

    /// <summary>Which layers have the sliding window; one entry a layer.</summary>
    public required IReadOnlyList<bool> WindowedLayers { get; init; }

    /// <summary>bos_token_id, or null.</summary>
    public int? BosTokenId { get; init; }

    /// <summary>eos_token_id, one or several; empty where the model has none.</summary>
    public required IReadOnlyList<int> EosTokenIds { get; init; }

    /// <summary>pad_token_id, or null.</summary>
    public int? PadTokenId { get; init; }

    /// <summary>dtype or torch_dtype: the type the weights were saved in, where the file says so.</summary>
    public ScalarType? Dtype { get; init; }

    /// <summary>Everything in the file, in its order. Not to be changed: take <see cref="CopyRaw"/>.</summary>
    public required JsonObject Raw { get; init; }

    /// <summary>Our own section, or null where the file has none.</summary>
    public JsonObject? Liger => Raw[LigerSection] as JsonObject;

    /// <summary>The window of one layer, in keys with the token itself; null for full attention.</summary>
    /// <param name="layer">The layer, from 0.</param>
    public int? WindowOf(int layer) => WindowedLayers[layer] ? SlidingWindow : null;

    /// <summary>A copy of the raw object to change and write elsewhere.</summary>
    public JsonObject CopyRaw() => (JsonObject)Raw.DeepClone();

    /// <summary>Reads a config.json.</summary>
    /// <param name="path">The file, or the folder it lies in.</param>
    /// <exception cref="CheckpointException">The file is missing or no JSON, a field is missing, of the wrong type or out of range, or asks for
    /// something that is not supported. The message names file and field.</exception>
    public static HfConfig Load(string path)
    {
        var file = Directory.Exists(path) ? Path.Combine(path, FileName) : path;
        return HfConfigReader.Read(JsonFile.Read(file), file);
    }

    /// <summary>Reads a config from an object, as if it had been written to a file and loaded.</summary>
    /// <param name="content">The object; it is copied.</param>
    /// <param name="file">The name to give in messages.</param>
    /// <exception cref="CheckpointException">As <see cref="Load"/>.</exception>
    public static HfConfig FromJson(JsonObject content, string file) => HfConfigReader.Read(JsonFile.Parse(JsonFile.Format(content), file), file);
}
