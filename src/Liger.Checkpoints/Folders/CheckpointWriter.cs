using System.Globalization;
using static TorchSharp.torch;

namespace Liger.Checkpoints;

/// <summary>Writes the weights of a checkpoint into a folder: one model.safetensors, or shards of limited size with an index. Tensors are written in any
/// order, whole or piece by piece; nothing has its final name before <see cref="Commit"/>.</summary>
public sealed class CheckpointWriter : IDisposable
{
    /// <summary>The largest shard where none is given: 5 GB, long Hugging Face's own limit.</summary>
    public const long DefaultShardLength = 5_000_000_000;

    private readonly Dictionary<string, SafeTensorsWriter> writers = new(StringComparer.Ordinal);
    private readonly List<SafeTensorsWriter> shards = [];
    private readonly string folder;
    private readonly long totalLength;

    private CheckpointWriter(string folder, List<List<SafeTensorEntry>> plan)
    {
        this.folder = folder;
        totalLength = plan.Sum(shard => shard.Sum(entry => entry.Length));
        try
        {
            for (var i = 0; i < plan.Count; i++)
            {
                var writer = SafeTensorsWriter.Create(Path.Combine(folder, ShardName(i, plan.Count)), plan[i]);
                shards.Add(writer);
                foreach (var entry in plan[i])
                    if (!writers.TryAdd(entry.Name, writer))
                        throw new CheckpointException("the name is given twice.", folder, entry.Name);
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Starts the weights of a checkpoint.</summary>
    /// <param name="folder">An existing folder, such as <see cref="AtomicFolder.Path"/>.</param>
    /// <param name="entries">All tensors that will be written. Shards are filled in this order.</param>
    /// <param name="shardLength">The most bytes of tensors in one shard; a larger tensor gets a shard of its own.</param>
    /// <exception cref="CheckpointException">A name is given twice, a type cannot be stored, or the folder cannot be written.</exception>
    public static CheckpointWriter Create(string folder, IEnumerable<SafeTensorEntry> entries, long shardLength = DefaultShardLength) =>
        new(folder, Plan(entries, shardLength));

    /// <summary>Writes the next bytes of a tensor; call again until it is whole.</summary>
    /// <param name="name">A tensor announced at the start.</param>
    /// <param name="bytes">Its elements in row-major order, little endian.</param>
    /// <exception cref="CheckpointException">The name was not announced, there are too many bytes, or the disk is full.</exception>
    public void Write(string name, ReadOnlySpan<byte> bytes) => Writer(name).Write(name, bytes);

    /// <summary>Writes a whole tensor, in the type announced for it.</summary>
    /// <param name="name">A tensor announced at the start.</param>
    /// <param name="tensor">A tensor of the announced shape, on any device.</param>
    /// <exception cref="CheckpointException">The name was not announced, the shape differs, or the disk is full.</exception>
    public void Write(string name, Tensor tensor) => Writer(name).Write(name, tensor);

    /// <summary>Checks that every tensor is whole and gives all files their final names, the index last.</summary>
    /// <exception cref="CheckpointException">A tensor is missing or incomplete, or the disk is full.</exception>
    public void Commit()
    {
        foreach (var shard in shards)
            shard.Commit();
        if (shards.Count > 1)
            ShardIndex.Write(Path.Combine(folder, ShardIndex.FileName),
                writers.Select(pair => KeyValuePair.Create(pair.Key, Path.GetFileName(pair.Value.Path))), totalLength);
    }

    /// <summary>Closes all files and deletes those not committed.</summary>
    public void Dispose()
    {
        foreach (var shard in shards)
            shard.Dispose();
    }

    private SafeTensorsWriter Writer(string name) =>
        writers.TryGetValue(name, out var writer) ? writer : throw new CheckpointException("was not announced when the checkpoint was started.", folder, name);

    private static List<List<SafeTensorEntry>> Plan(IEnumerable<SafeTensorEntry> entries, long shardLength)
    {
        var plan = new List<List<SafeTensorEntry>> { new() };
        long used = 0;
        foreach (var entry in entries)
        {
            if (plan[^1].Count > 0 && used + entry.Length > shardLength)
            {
                plan.Add([]);
                used = 0;
            }
            plan[^1].Add(entry);
            used += entry.Length;
        }
        return plan;
    }

    private static string ShardName(int index, int count) => count == 1
        ? CheckpointFolder.SingleFile
        : string.Create(CultureInfo.InvariantCulture, $"model-{index + 1:00000}-of-{count:00000}.safetensors");
}
