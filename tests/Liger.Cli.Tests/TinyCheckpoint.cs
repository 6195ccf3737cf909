using System.Text.Json.Nodes;
using Liger.Checkpoints;
using Liger.Models;
using Liger.Models.Mixers;
using Liger.Text;
using static TorchSharp.torch;

namespace Liger.Cli.Tests;

/// <summary>A Llama of a few thousand random weights with a tokenizer of its own, as a folder.</summary>
internal static class TinyCheckpoint
{
    internal const int Vocabulary = 300;

    internal static readonly string Words = string.Join(' ', Enumerable.Range(0, 400).Select(i => ((string[])["the", "cat", "sat", "on", "a", "mat", "and", "then", "it", "ran", "away"])[i * i % 11]));

    /// <summary>Writes the folder and gives its path back.</summary>
    internal static string Write(string folder, ScalarType dtype = ScalarType.Float32, int vocabulary = Vocabulary, int seed = 3)
    {
        Directory.CreateDirectory(folder);
        var config = new JsonObject
        {
            ["model_type"] = "llama",
            ["architectures"] = new JsonArray("LlamaForCausalLM"),
            ["hidden_size"] = 16,
            ["intermediate_size"] = 24,
            ["num_hidden_layers"] = 2,
            ["num_attention_heads"] = 4,
            ["num_key_value_heads"] = 2,
            ["vocab_size"] = vocabulary,
            ["max_position_embeddings"] = 64,
            ["rope_theta"] = 10000.0,
            ["rms_norm_eps"] = 1e-5,
            ["tie_word_embeddings"] = true,
            ["bos_token_id"] = 0,
            ["eos_token_id"] = 1,
            ["torch_dtype"] = "float32",
        };
        JsonFile.Write(Path.Combine(folder, HfConfig.FileName), config);
        using var model = CausalLM.Build(HfConfig.FromJson(config, "config.json"), MixerSpec.Softmax, new RandomWeights(seed, dtype, std: 0.3));
        using (var writer = CheckpointWriter.Create(folder, model.Parameters.Select(p => new SafeTensorEntry(p.Name, dtype, p.Weight.shape))))
        {
            foreach (var (name, weight) in model.Parameters) writer.Write(name, weight);
            writer.Commit();
        }
        BpeTrainer.Train([Words, "the quick brown fox jumps over the lazy dog, again and again"], Vocabulary, ["<|begin|>", "<|end|>"]).Save(folder);
        return folder;
    }
}
