using System.Text.Json.Nodes;
using Liger.Checkpoints;
using Liger.Models;
using Liger.Models.Mixers;
using static TorchSharp.torch;

namespace Liger.GpuBench;

/// <summary>A model of Llama-3-8B's shape with random weights in bf16.</summary>
internal static class Llama8B
{
    internal const int Vocabulary = 128_256;

    internal static CausalLM Make(string mixer) =>
        CausalLM.Build(HfConfig.FromJson(Config(), "config.json"), MixerSpec.Parse(mixer), new DeviceRandom(device("cuda:0"), ScalarType.BFloat16));

    internal static JsonObject Config() => new()
    {
        ["model_type"] = "llama",
        ["architectures"] = new JsonArray("LlamaForCausalLM"),
        ["hidden_size"] = 4096,
        ["intermediate_size"] = 14336,
        ["num_hidden_layers"] = 32,
        ["num_attention_heads"] = 32,
        ["num_key_value_heads"] = 8,
        ["vocab_size"] = Vocabulary,
        ["max_position_embeddings"] = 131_072,
        ["rope_theta"] = 500_000.0,
        ["rms_norm_eps"] = 1e-5,
        ["tie_word_embeddings"] = false,
        ["torch_dtype"] = "bfloat16",
    };
}
