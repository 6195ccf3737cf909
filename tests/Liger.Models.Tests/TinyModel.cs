using System.Text.Json.Nodes;
using Liger.Checkpoints;
using Liger.Models.Mixers;

namespace Liger.Models.Tests;

/// <summary>A Llama of a few thousand random weights: two layers, four query heads, two kv heads.</summary>
internal static class TinyModel
{
    internal static HfConfig Config(string modelType = "llama", params (string Name, JsonNode? Value)[] fields)
    {
        var config = new JsonObject
        {
            ["model_type"] = modelType,
            ["architectures"] = new JsonArray("LlamaForCausalLM"),
            ["hidden_size"] = 32,
            ["intermediate_size"] = 48,
            ["num_hidden_layers"] = 2,
            ["num_attention_heads"] = 4,
            ["num_key_value_heads"] = 2,
            ["vocab_size"] = 50,
            ["max_position_embeddings"] = 512,
            ["rope_theta"] = 10000.0,
            ["rms_norm_eps"] = 1e-5,
            ["tie_word_embeddings"] = true,
            ["torch_dtype"] = "float32",
        };
        foreach (var (name, value) in fields)
            config[name] = value;
        return HfConfig.FromJson(config, "config.json");
    }

    internal static CausalLM Make(MixerPlan mixer, HfConfig? config = null, ScalarType dtype = ScalarType.Float32, Device? device = null) =>
        CausalLM.Build(config ?? Config(), mixer, new RandomWeights(3, dtype, device, std: 0.3));

    internal static Tensor Ids(long batch, long tokens, Device? device = null)
    {
        using var generator = new Generator(9);
        return randint(0, 50, [batch, tokens], generator: generator).to(device ?? CPU);
    }
}
