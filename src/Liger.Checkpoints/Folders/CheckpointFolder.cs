using static TorchSharp.torch;

namespace Liger.Checkpoints;

/// <summary>A Hugging Face checkpoint folder: config.json and the weights, in model.safetensors or in shards with an index. Opening it maps and checks
/// every weight file; no weight is read yet.</summary>
public sealed class CheckpointFolder : IDisposable
{
    /// <summary>The weights' file name where there is one file.</summary>
    public const string SingleFile = "model.safetensors";

    /// <summary>The index's file name where there are several.</summary>
    public const string IndexFile = ShardIndex.FileName;

    private static readonly string[] OtherFormats = ["pytorch_model.bin", "pytorch_model.bin.index.json", "consolidated.00.pth", "tf_model.h5", "flax_model.msgpack"];

    private readonly List<SafeTensorsFile> files = [];
    private readonly Dictionary<string, SafeTensorsFile> holders = new(StringComparer.Ordinal);

    private CheckpointFolder(string folder)
    {
        Path = folder;
        try
        {
            Config = HfConfig.Load(System.IO.Path.Combine(folder, HfConfig.FileName));
            var index = System.IO.Path.Combine(folder, IndexFile);
            var single = System.IO.Path.Combine(folder, SingleFile);
            if (File.Exists(single) && File.Exists(index))
                throw new CheckpointException($"holds both {SingleFile} and {IndexFile} — expected one of them. Remove the one that is out of date.", folder);
            if (File.Exists(index))
                OpenShards(index);
            else if (File.Exists(single))
                OpenFile(SingleFile);
            else
                throw NoWeights(folder);
            TensorNames = [.. files.SelectMany(file => file.Names)];
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The folder as it was given.</summary>
    public string Path { get; }

    /// <summary>The folder's config.json.</summary>
    public HfConfig Config { get; }

    /// <summary>The names of all tensors, shard by shard in the order of the data.</summary>
    public IReadOnlyList<string> TensorNames { get; }

    /// <summary>The weight files, opened; names and sizes for reports.</summary>
    public IReadOnlyList<SafeTensorsFile> Files => files;

    /// <summary>The names of the files in the folder that hold the weights: the file, or the shards and their index. To copy a checkpoint.</summary>
    public IReadOnlyList<string> WeightFiles { get; private set; } = [];

    /// <summary>The bytes of all tensors together.</summary>
    public long TotalBytes => files.Sum(file => file.Tensors.Values.Sum(info => info.Length));

    /// <summary>Opens a folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <exception cref="CheckpointException">The folder, config.json, the weights or a shard is missing or not valid; the message names file and tensor.</exception>
    public static CheckpointFolder Open(string folder) =>
        Directory.Exists(folder) ? new CheckpointFolder(folder) : throw new CheckpointException("no such folder. Check the path.", folder);

    /// <summary>Whether the folder holds a tensor of this name.</summary>
    /// <param name="name">The tensor's full name.</param>
    public bool Contains(string name) => holders.ContainsKey(name);

    /// <summary>What the header says of a tensor.</summary>
    /// <param name="name">The tensor's full name.</param>
    /// <exception cref="CheckpointException">There is no such tensor.</exception>
    public SafeTensorInfo Info(string name) => Holder(name).Info(name);

    /// <summary>The path of the weight file that holds a tensor, for messages.</summary>
    /// <param name="name">The tensor's full name.</param>
    /// <exception cref="CheckpointException">There is no such tensor.</exception>
    public string FileOf(string name) => Holder(name).Path;

    /// <summary>The bytes of a tensor where they lie in the map; valid until the folder is disposed.</summary>
    /// <param name="name">The tensor's full name.</param>
    /// <exception cref="CheckpointException">There is no such tensor, or it is longer than 2 GiB.</exception>
    public ReadOnlySpan<byte> Bytes(string name) => Holder(name).Bytes(name);

    /// <summary>A slice of the bytes of a tensor where they lie in the map; valid until the folder is disposed.</summary>
    /// <param name="name">The tensor's full name.</param>
    /// <param name="from">The first byte, counted from the tensor's own beginning.</param>
    /// <param name="count">How many bytes.</param>
    /// <exception cref="CheckpointException">There is no such tensor, or the slice goes beyond it.</exception>
    public ReadOnlySpan<byte> Bytes(string name, long from, int count) => Holder(name).Bytes(name, from, count);

    /// <summary>Copies a tensor out of the map, once, and converts it where asked. The result belongs to the caller.</summary>
    /// <param name="name">The tensor's full name.</param>
    /// <param name="dtype">The element type to give; null keeps the file's.</param>
    /// <param name="device">Where to put it; null is the CPU.</param>
    /// <exception cref="CheckpointException">There is no such tensor.</exception>
    public Tensor Read(string name, ScalarType? dtype = null, Device? device = null) => Holder(name).Read(name, dtype, device);

    /// <summary>Closes all files.</summary>
    public void Dispose()
    {
        foreach (var file in files)
            file.Dispose();
    }

    private SafeTensorsFile Holder(string name) =>
        holders.TryGetValue(name, out var file) ? file : throw new CheckpointException($"no such tensor among the {holders.Count} of the folder.", Path, name);

    private SafeTensorsFile OpenFile(string name)
    {
        var file = SafeTensorsFile.Open(System.IO.Path.Combine(Path, name));
        files.Add(file);
        WeightFiles = [.. WeightFiles, name];
        foreach (var tensor in file.Names)
            if (!holders.TryAdd(tensor, file))
                throw new CheckpointException($"is also in {System.IO.Path.GetFileName(holders[tensor].Path)} — expected each tensor in one shard.", file.Path, tensor);
        return file;
    }

    private void OpenShards(string index)
    {
        var shards = ShardIndex.Read(index);
        foreach (var shard in shards.Values.Distinct().Order(StringComparer.Ordinal))
        {
            if (!File.Exists(System.IO.Path.Combine(Path, shard)))
                throw new CheckpointException($"names the shard '{CheckpointException.Printable(shard)}', which the folder lacks. Fetch the missing file.", index);
            OpenFile(shard);
        }
        foreach (var (tensor, shard) in shards)
            if (!holders.TryGetValue(tensor, out var holder) || System.IO.Path.GetFileName(holder.Path) != shard)
                throw new CheckpointException($"the index places it in '{CheckpointException.Printable(shard)}', which does not hold it. Fetch index and shards again.", index, tensor);
        foreach (var (tensor, holder) in holders)
            if (!shards.ContainsKey(tensor))
                throw new CheckpointException("is in the shard and not in the index. Fetch index and shards again.", holder.Path, tensor);
        WeightFiles = [.. WeightFiles, IndexFile];
    }

    private static CheckpointException NoWeights(string folder)
    {
        var other = OtherFormats.FirstOrDefault(name => File.Exists(System.IO.Path.Combine(folder, name)));
        return new CheckpointException(other is null
            ? $"holds no weights — expected {SingleFile} or {IndexFile}. Check that the download is complete."
            : $"holds its weights as {other}, which cannot be read — expected {SingleFile} or {IndexFile}. Convert them to safetensors.", folder);
    }
}
