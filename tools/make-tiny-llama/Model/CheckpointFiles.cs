using System.Text.Json.Nodes;
using Liger.Checkpoints;
using Liger.Models;
using TorchSharp;

namespace Liger.TinyLlama.Model;

/// <summary>Writes a model as the files of a Hugging Face folder: config.json, generation_config.json, model.safetensors in bf16, the tokenizer.</summary>
internal static class CheckpointFiles
{
    /// <summary>Writes a whole new folder, replacing a checkpoint that lies there in one step.</summary>
    public static void Replace(CausalLM model, IEnumerable<string> tokenizerFiles, string folder)
    {
        using var output = AtomicFolder.Create(folder, overwrite: true);
        Write(model, tokenizerFiles, output.Path);
        output.Commit();
    }

    /// <summary>Writes the files into an existing folder, each beside and renamed; what else lies there stays.</summary>
    public static void Write(CausalLM model, IEnumerable<string> tokenizerFiles, string folder)
    {
        JsonFile.Write(Path.Combine(folder, HfConfig.FileName), TinyShape.Json(model.Config.VocabSize));
        JsonFile.Write(Path.Combine(folder, "generation_config.json"), new JsonObject
        {
            ["bos_token_id"] = model.Config.BosTokenId,
            ["eos_token_id"] = model.Config.EosTokenIds[0],
        });
        foreach (var file in tokenizerFiles.Where(file => Path.GetFullPath(file) != Path.GetFullPath(Path.Combine(folder, Path.GetFileName(file)))))
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)), overwrite: true);
        var entries = model.Parameters.Select(p => new SafeTensorEntry(p.Name, torch.ScalarType.BFloat16, p.Weight.shape));
        using var writer = CheckpointWriter.Create(folder, entries);
        foreach (var (name, weight) in model.Parameters)
            writer.Write(name, weight);
        writer.Commit();
    }
}
