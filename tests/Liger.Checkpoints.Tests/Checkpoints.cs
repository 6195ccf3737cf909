namespace Liger.Checkpoints.Tests;

/// <summary>Small checkpoint folders for tests.</summary>
internal static class Checkpoints
{
    /// <summary>The fields a Llama config must have, without the braces.</summary>
    public const string LlamaFields =
        """ "model_type": "llama", "hidden_size": 64, "intermediate_size": 172, "num_hidden_layers": 2, "num_attention_heads": 8, "vocab_size": 512 """;

    /// <summary>Writes a config.json of the Llama fields and more.</summary>
    public static void WriteConfig(string folder, string? more = null) =>
        File.WriteAllText(Path.Combine(folder, "config.json"), $"{{ {LlamaFields}{(more is null ? "" : ",")} {more} }}");

    /// <summary>Writes a small weight file of byte tensors with the names given.</summary>
    public static void WriteShard(string path, params string[] names)
    {
        using var writer = SafeTensorsWriter.Create(path, names.Select(name => new SafeTensorEntry(name, TorchSharp.torch.ScalarType.Byte, [2])));
        foreach (var name in names)
            writer.Write(name, [1, 2]);
        writer.Commit();
    }
}
