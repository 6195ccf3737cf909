using System.Text.Json.Nodes;
using Liger.Checkpoints;
using Liger.TinyLlama.Writing;

namespace Liger.TinyLlama.Model;

/// <summary>The architecture of the built-in model: a plain Llama with grouped queries and a tied head, 1.77 M parameters.</summary>
public static class TinyShape
{
    private const int Hidden = 192;
    private const int Layers = 4;
    private const int QueryHeads = 6;
    private const int KeyValueHeads = 2;
    private const int HeadDim = 32;
    private const int FeedForward = 512;
    private const decimal RopeTheta = 10_000.0m;
    private const double NormEpsilon = 1e-5;

    /// <summary>Its config.json, as it is written.</summary>
    /// <param name="vocabulary">Tokens of its tokenizer.</param>
    public static JsonObject Json(int vocabulary) => new()
    {
        ["architectures"] = new JsonArray("LlamaForCausalLM"),
        ["attention_bias"] = false,
        ["attention_dropout"] = 0.0m,
        ["bos_token_id"] = 0,
        ["eos_token_id"] = 1,
        ["head_dim"] = HeadDim,
        ["hidden_act"] = "silu",
        ["hidden_size"] = Hidden,
        ["initializer_range"] = RandomWeights.DefaultStd,
        ["intermediate_size"] = FeedForward,
        ["max_position_embeddings"] = Corpus.Context,
        ["mlp_bias"] = false,
        ["model_type"] = "llama",
        ["num_attention_heads"] = QueryHeads,
        ["num_hidden_layers"] = Layers,
        ["num_key_value_heads"] = KeyValueHeads,
        ["rms_norm_eps"] = NormEpsilon,
        ["rope_theta"] = RopeTheta,
        ["tie_word_embeddings"] = true,
        ["torch_dtype"] = "bfloat16",
        ["use_cache"] = true,
        ["vocab_size"] = vocabulary,
    };

    /// <summary>The same, read.</summary>
    /// <param name="vocabulary">Tokens of its tokenizer.</param>
    public static HfConfig Config(int vocabulary) => HfConfig.FromJson(Json(vocabulary), HfConfig.FileName);
}
