using System.Text.Json.Nodes;
using Liger.Checkpoints;
using Liger.Models;
using Liger.Models.Mixers;
using Liger.Testing;

namespace Liger.Evaluation.Tests;

/// <summary>A Llama of a few thousand random weights: two layers, four query heads, two kv heads.</summary>
internal static class TinyModel
{
    internal const int Vocabulary = 50;

    /// <summary>The folder of the tokenizer that comes with the project.</summary>
    internal static string TokenizerFolder => Path.Combine(Repository.Root, "eval", "models", "tiny-llama");

    internal static CausalLM Make(string mixer = "softmax", int vocabulary = Vocabulary, int seed = 3, ScalarType dtype = ScalarType.Float32)
    {
        var config = new JsonObject
        {
            ["model_type"] = "llama",
            ["architectures"] = new JsonArray("LlamaForCausalLM"),
            ["hidden_size"] = 32,
            ["intermediate_size"] = 48,
            ["num_hidden_layers"] = 2,
            ["num_attention_heads"] = 4,
            ["num_key_value_heads"] = 2,
            ["vocab_size"] = vocabulary,
            ["max_position_embeddings"] = 512,
            ["rope_theta"] = 10000.0,
            ["rms_norm_eps"] = 1e-5,
            ["tie_word_embeddings"] = true,
            ["torch_dtype"] = "float32",
        };
        return CausalLM.Build(HfConfig.FromJson(config, "config.json"), new MixerSpec(mixer, new Dictionary<string, string>()), new RandomWeights(seed, dtype, std: 0.3));
    }

    internal static int[] Ids(int count, int seed = 7)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.Next(Vocabulary))];
    }
}
