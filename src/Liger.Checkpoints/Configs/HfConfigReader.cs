using System.Text.Json.Nodes;
using static TorchSharp.torch;

namespace Liger.Checkpoints;

/// <summary>Reads config.json field by field. Ranges are generous bounds against damaged files, several times beyond the largest published models.</summary>
internal static class HfConfigReader
{
    private const int MostWidth = 1 << 20;
    private const int MostInner = 1 << 24;
    private const int MostLayers = 1 << 14;
    private const int MostHeads = 1 << 16;
    private const int MostHeadDim = 1 << 14;
    private const int MostVocabulary = 1 << 26;

    /// <summary>Reads the whole file.</summary>
    /// <param name="raw">The file's object.</param>
    /// <param name="file">Its path, for messages.</param>
    public static HfConfig Read(JsonObject raw, string file)
    {
        var json = new JsonFields(raw, file);
        var (modelType, family, kind) = ModelTypes.Read(json);
        var defaults = HfDefaults.Of(family);
        Refuse(json);
        var hidden = json.Int("hidden_size", 1, MostWidth);
        var layers = json.Int("num_hidden_layers", 1, MostLayers);
        var heads = json.Int("num_attention_heads", 1, MostHeads);
        var vocabulary = json.Int("vocab_size", 1, MostVocabulary);
        var bias = (family is HfFamily.Llama or HfFamily.Qwen3) && (json.BoolOrNull("attention_bias") ?? false);
        var (window, windowed) = SlidingWindowReader.Read(json, family, layers, defaults);
        return new HfConfig
        {
            File = file,
            Raw = raw,
            ModelType = modelType,
            Family = family,
            LinearizedKind = kind,
            Architectures = json.TextsOrNull("architectures") ?? [],
            HiddenSize = hidden,
            IntermediateSize = json.Int("intermediate_size", 1, MostInner),
            NumHiddenLayers = layers,
            NumAttentionHeads = heads,
            NumKeyValueHeads = KeyValueHeads(json, heads, defaults),
            HeadDim = HeadDim(json, hidden, heads, defaults),
            VocabSize = vocabulary,
            MaxPositionEmbeddings = json.IntOrNull("max_position_embeddings", 1, int.MaxValue) ?? defaults.MaxPositions,
            RmsNormEps = json.NumberOrNull("rms_norm_eps", 0, 1) ?? defaults.NormEps,
            TieWordEmbeddings = json.BoolOrNull("tie_word_embeddings") ?? false,
            Rope = RopeReader.Read(json, defaults.RopeTheta),
            QkvBias = bias || family == HfFamily.Qwen2,
            OutputBias = bias,
            MlpBias = family == HfFamily.Llama && (json.BoolOrNull("mlp_bias") ?? false),
            QkNorm = family == HfFamily.Qwen3,
            SlidingWindow = window,
            WindowedLayers = windowed,
            BosTokenId = json.IsNamed("bos_token_id") ? json.IntOrNull("bos_token_id", 0, MostVocabulary) : defaults.BosTokenId,
            EosTokenIds = EosTokenIds(json, defaults),
            PadTokenId = json.IntOrNull("pad_token_id", -1, MostVocabulary) is { } pad and >= 0 ? pad : null,
            Dtype = Dtype(json),
        };
    }

    private static void Refuse(JsonFields json)
    {
        if (json.TextOrNull("hidden_act") is { } activation && activation is not ("silu" or "swish"))
            throw json.Wrong("hidden_act", "silu, the only feed-forward activation that is supported", json.Node("hidden_act"));
        if (json.Has("quantization_config"))
            throw json.Wrong("quantization_config", "none: quantized checkpoints are not supported, use the original", json.Node("quantization_config"));
        if (json.BoolOrNull("use_mrope") == true)
            throw json.Wrong("use_mrope", "false: multimodal RoPE is not supported", json.Node("use_mrope"));
        if (json.Has(HfConfig.LigerSection))
            _ = json.ObjectOrNull(HfConfig.LigerSection);
    }

    private static int KeyValueHeads(JsonFields json, int heads, HfDefaults defaults)
    {
        var count = json.IntOrNull("num_key_value_heads", 1, MostHeads) ?? (json.IsNamed("num_key_value_heads") ? heads : defaults.KeyValueHeads ?? heads);
        return heads % count == 0
            ? count
            : throw new CheckpointException($"{heads} attention heads cannot share {count} key-value heads — expected a divisor. Check num_key_value_heads.", json.File);
    }

    private static int HeadDim(JsonFields json, int hidden, int heads, HfDefaults defaults)
    {
        var named = json.IntOrNull("head_dim", 1, MostHeadDim) ?? (json.IsNamed("head_dim") ? null : defaults.HeadDim);
        if (named is null && hidden % heads != 0)
            throw new CheckpointException($"hidden_size {hidden} is no multiple of {heads} attention heads, and head_dim is missing. Add head_dim.", json.File);
        var size = named ?? hidden / heads;
        return size % 2 == 0 ? size : throw new CheckpointException($"head_dim is {size} — expected an even number, RoPE rotates pairs.", json.File);
    }

    private static IReadOnlyList<int> EosTokenIds(JsonFields json, HfDefaults defaults)
    {
        if (json.IsNamed("eos_token_id"))
            return json.Ints("eos_token_id", 0, MostVocabulary);
        return defaults.EosTokenId is { } id ? [id] : [];
    }

    private static ScalarType? Dtype(JsonFields json)
    {
        var name = json.Has("dtype") ? "dtype" : "torch_dtype";
        return json.TextOrNull(name) switch
        {
            null or "auto" => null,
            "float32" => ScalarType.Float32,
            "bfloat16" => ScalarType.BFloat16,
            "float16" => ScalarType.Float16,
            "float64" => ScalarType.Float64,
            _ => throw json.Wrong(name, "float32, bfloat16, float16 or float64", json.Node(name)),
        };
    }
}
