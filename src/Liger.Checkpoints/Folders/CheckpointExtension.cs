using static TorchSharp.torch;

namespace Liger.Checkpoints;

/// <summary>Brings a checkpoint's weights into a new folder unchanged, with a few tensors more or fewer, without rewriting a weight file.</summary>
public static class CheckpointExtension
{
    /// <summary>The file of what was added.</summary>
    public const string AddedFile = "model-mixer.safetensors";

    private const string BaseFile = "model-base.safetensors";

    /// <summary>
    /// Copies or links the weight files; added tensors get a file of their own, and an index names both. Without added or dropped tensors the
    /// folder gets exactly the source's files.
    /// </summary>
    /// <param name="source">The checkpoint, open.</param>
    /// <param name="output">The new folder, not yet committed.</param>
    /// <param name="mode">Copy or link.</param>
    /// <param name="added">Tensors by full name; null adds none.</param>
    /// <param name="isDropped">Whether a tensor of the source is left out; null leaves none out.</param>
    /// <param name="progress">Told the bytes done so far.</param>
    /// <returns>The copied files.</returns>
    /// <exception cref="CheckpointException">A dropped tensor shares its file with others; otherwise as <see cref="CheckpointCopy.Files"/>.</exception>
    public static IReadOnlyList<CopiedFile> Copy(
        CheckpointFolder source, AtomicFolder output, CopyMode mode, IReadOnlyList<(string Name, Tensor Tensor)>? added = null,
        Func<string, bool>? isDropped = null, IProgress<long>? progress = null)
    {
        var dropped = source.TensorNames.Where(name => isDropped?.Invoke(name) == true).ToHashSet(StringComparer.Ordinal);
        if (added is null or [] && dropped.Count == 0)
            return CheckpointCopy.Files(source.Path, source.WeightFiles, output, mode, progress);
        var kept = source.Files.Where(file => !file.Names.All(dropped.Contains)).ToList();
        if (kept.SelectMany(file => file.Names).FirstOrDefault(dropped.Contains) is { } mixed)
            throw new CheckpointException("shares its file with weights that stay. Convert the model that this one was made from.", source.FileOf(mixed), mixed);
        var copied = CheckpointCopy.Files(source.Path, kept.Select(file => Path.GetFileName(file.Path)), output, mode, progress);
        var places = new List<KeyValuePair<string, string>>();
        foreach (var file in kept)
        {
            var name = Path.GetFileName(file.Path);
            // A folder that has an index must not have the single file's name beside it.
            if (name == CheckpointFolder.SingleFile)
                File.Move(Path.Combine(output.Path, name), Path.Combine(output.Path, name = BaseFile));
            places.AddRange(file.Names.Select(tensor => KeyValuePair.Create(tensor, name)));
        }
        var total = kept.Sum(file => file.Tensors.Values.Sum(info => info.Length));
        if (added is { Count: > 0 })
        {
            using var writer = SafeTensorsWriter.Create(Path.Combine(output.Path, AddedFile), added.Select(a => new SafeTensorEntry(a.Name, a.Tensor.dtype, a.Tensor.shape)));
            foreach (var (name, tensor) in added)
            {
                writer.Write(name, tensor);
                places.Add(KeyValuePair.Create(name, AddedFile));
                total += tensor.numel() * tensor.ElementSize;
            }
            writer.Commit();
        }
        ShardIndex.Write(Path.Combine(output.Path, ShardIndex.FileName), places, total);
        return copied;
    }
}
