using System.Text.Json.Nodes;
using Liger.Bench.Workers;
using Liger.Checkpoints;
using Liger.Models;
using Liger.Models.Mixers;
using static TorchSharp.torch;

namespace Liger.Bench.Measuring;

/// <summary>Writes what both sides read: token ids, a fresh adapter, and random weights where no checkpoint is given.</summary>
internal static class BenchInputs
{
    internal const string Data = "data.json", Adapter = "adapter";
    private const int Rank = 8, Alpha = 8, Seed = 0;
    private static readonly string[] Targets = ["q_proj", "k_proj", "v_proj"];

    /// <summary>Fills a work folder.</summary>
    /// <param name="folder">An existing folder.</param>
    /// <param name="checkpoint">What will be trained.</param>
    internal static void Write(string folder, string checkpoint)
    {
        using var opened = CheckpointFolder.Open(checkpoint);
        var random = new Random(Seed);
        int[] Ids(int count) => [.. Enumerable.Range(0, count).Select(_ => random.Next(opened.Config.VocabSize))];
        var inputs = new WorkInputs([.. Enumerable.Range(0, BenchPlan.Batch).Select(_ => Ids(BenchPlan.Tokens))], BenchPlan.LearningRate, Ids(BenchPlan.PromptTokens), BenchPlan.NewTokens);
        inputs.Write(Path.Combine(folder, Data));
        using var model = CausalLM.Load(opened, float32, mixer: MixerSpec.Softmax);
        using var scope = NewDisposeScope();
        using var generator = new Generator(Seed);
        var modules = model.Projections.Where(p => Targets.Any(t => p.Name.EndsWith($".{t}", StringComparison.Ordinal))).Select(p =>
        {
            var bound = 1 / Math.Sqrt(p.Base.InFeatures);
            return new AdapterMatrices(p.Name, empty([Rank, p.Base.InFeatures]).uniform_(-bound, bound, generator), zeros([p.Base.OutFeatures, Rank]));
        }).ToList();
        AdapterFolder.Write(Path.Combine(folder, Adapter), new AdapterConfig { Rank = Rank, Alpha = Alpha, TargetModules = Targets }, modules, overwrite: true);
    }

    /// <summary>Writes a checkpoint of teacher-11m's shape with random weights.</summary>
    /// <param name="folder">A new folder.</param>
    internal static void WriteRandomCheckpoint(string folder)
    {
        Directory.CreateDirectory(folder);
        var content = new JsonObject
        {
            ["architectures"] = new JsonArray("LlamaForCausalLM"),
            ["model_type"] = "llama",
            ["hidden_size"] = 384,
            ["intermediate_size"] = 1024,
            ["num_hidden_layers"] = 6,
            ["num_attention_heads"] = 6,
            ["num_key_value_heads"] = 2,
            ["head_dim"] = 64,
            ["vocab_size"] = 4096,
            ["max_position_embeddings"] = 1024,
            ["rms_norm_eps"] = 1e-5,
            ["rope_theta"] = 10000.0,
            ["hidden_act"] = "silu",
            ["tie_word_embeddings"] = true,
            ["torch_dtype"] = "bfloat16",
        };
        JsonFile.Write(Path.Combine(folder, HfConfig.FileName), content);
        using var model = CausalLM.Build(HfConfig.FromJson(content, HfConfig.FileName), MixerSpec.Softmax, new RandomWeights(Seed, bfloat16));
        var weights = model.Parameters.ToList();
        using var writer = CheckpointWriter.Create(folder, weights.Select(w => new SafeTensorEntry(w.Name, w.Weight.dtype, w.Weight.shape)));
        foreach (var (name, weight) in weights)
            writer.Write(name, weight);
        writer.Commit();
    }
}
