using System.Text.Json;
using System.Text.Json.Nodes;

namespace Liger.Checkpoints;

/// <summary>model.safetensors.index.json: which shard holds which tensor.</summary>
internal static class ShardIndex
{
    /// <summary>The file's name in a checkpoint folder.</summary>
    public const string FileName = "model.safetensors.index.json";

    private const string Map = "weight_map";

    /// <summary>Reads the index.</summary>
    /// <param name="path">The index file.</param>
    /// <returns>The shard's file name of each tensor.</returns>
    /// <exception cref="CheckpointException">The file is damaged, or a shard's name would lead out of the folder.</exception>
    public static Dictionary<string, string> Read(string path)
    {
        if (JsonFile.Read(path)[Map] is not JsonObject map || map.Count == 0)
            throw new CheckpointException($"field '{Map}' is missing or empty — expected an object of tensor names and shard names.", path);
        var shards = new Dictionary<string, string>(map.Count, StringComparer.Ordinal);
        foreach (var (tensor, node) in map)
        {
            if (node is not JsonValue value || value.GetValueKind() != JsonValueKind.String || !value.TryGetValue<string>(out var shard) || !RelativeName.IsPlain(shard))
                throw new CheckpointException(
                    $"its shard is {CheckpointException.Printable(node?.ToJsonString() ?? "null")} — expected the name of a file in the same folder.", path, tensor);
            shards.Add(tensor, shard);
        }
        return shards;
    }

    /// <summary>Writes the index of a checkpoint in several shards.</summary>
    /// <param name="path">The index file.</param>
    /// <param name="shards">The shard's file name of each tensor.</param>
    /// <param name="totalSize">The bytes of all tensors.</param>
    public static void Write(string path, IEnumerable<KeyValuePair<string, string>> shards, long totalSize)
    {
        var map = new JsonObject();
        foreach (var (tensor, shard) in shards.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            map.Add(tensor, JsonValue.Create(shard));
        JsonFile.Write(path, new JsonObject { ["metadata"] = new JsonObject { ["total_size"] = JsonValue.Create(totalSize) }, [Map] = map });
    }
}
