using System.Text.Json.Nodes;
using Liger.Checkpoints;
using Liger.Models;
using Liger.Models.Mixers;
using static TorchSharp.torch;

namespace Liger.Training.Tests;

/// <summary>A Llama of a few thousand random weights.</summary>
internal static class TinyModel
{
    public const int Vocabulary = 13;

    public static CausalLM Make(string mixer = "softmax", ScalarType dtype = ScalarType.Float32, params (string Name, JsonNode Value)[] fields) =>
        Make(new MixerSpec(mixer, new Dictionary<string, string>()), dtype, fields);

    public static CausalLM Make(MixerPlan mixer, ScalarType dtype = ScalarType.Float32, params (string Name, JsonNode Value)[] fields)
    {
        var config = new JsonObject
        {
            ["model_type"] = "llama",
            ["architectures"] = new JsonArray("LlamaForCausalLM"),
            ["hidden_size"] = 16,
            ["intermediate_size"] = 24,
            ["num_hidden_layers"] = 2,
            ["num_attention_heads"] = 4,
            ["num_key_value_heads"] = 2,
            ["vocab_size"] = Vocabulary,
            ["max_position_embeddings"] = 64,
            ["rope_theta"] = 10000.0,
            ["rms_norm_eps"] = 1e-5,
            ["tie_word_embeddings"] = true,
            ["torch_dtype"] = "float32",
        };
        foreach (var (name, value) in fields)
            config[name] = value;
        return CausalLM.Build(HfConfig.FromJson(config, "config.json"), mixer, new RandomWeights(3, dtype, std: 0.3));
    }
}
