using static TorchSharp.torch;

namespace Liger.Checkpoints;

/// <summary>Weights from the files of a checkpoint folder. The folder must stay open while tensors are taken.</summary>
/// <param name="folder">The checkpoint.</param>
/// <param name="dtype">The element type to give; null keeps each tensor's own.</param>
/// <param name="device">Where to put them; null is the CPU.</param>
public sealed class FileWeights(CheckpointFolder folder, ScalarType? dtype = null, Device? device = null) : WeightSource
{
    private const string EmbeddingName = "model.embed_tokens.weight";
    private const string HeadName = "lm_head.weight";
    private const string RotaryBuffer = "rotary_emb.inv_freq";
    private const int CompareLength = 1 << 24;

    private readonly HashSet<string> asked = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public override ScalarType? Dtype => dtype;

    /// <inheritdoc/>
    public override Device Device => device ?? CPU;

    /// <inheritdoc/>
    protected override Tensor? Take(string name, ReadOnlySpan<long> shape, ScalarType? wanted, bool optional)
    {
        if (!folder.Contains(name))
            return optional ? null : throw Missing(name);
        var info = folder.Info(name);
        if (!shape.SequenceEqual(info.Shape))
            throw new CheckpointException(
                $"its shape is [{string.Join(", ", info.Shape)}] — expected [{string.Join(", ", shape.ToArray())}] by {HfConfig.FileName}. Weights and config do not belong together.",
                folder.FileOf(name), name);
        asked.Add(name);
        return folder.Read(name, wanted, device);
    }

    /// <summary>All but the buffers older Hugging Face versions stored (rotary_emb.inv_freq, which follows from the config) and a head that repeats,
    /// byte for byte, the embedding it is tied to.</summary>
    protected override IReadOnlyList<string> Left() =>
        [.. folder.TensorNames.Where(name => !asked.Contains(name) && !name.EndsWith(RotaryBuffer, StringComparison.Ordinal) && !IsTiedHead(name))];

    private bool IsTiedHead(string name)
    {
        if (name != HeadName || !folder.Config.TieWordEmbeddings || !folder.Contains(EmbeddingName))
            return false;
        SafeTensorInfo head = folder.Info(HeadName), embedding = folder.Info(EmbeddingName);
        if (head.Dtype != embedding.Dtype || !head.Shape.AsSpan().SequenceEqual(embedding.Shape))
            return false;
        foreach (var (from, count) in TensorBytes.Slices(head.Length, CompareLength))
            if (!folder.Bytes(HeadName, from, count).SequenceEqual(folder.Bytes(EmbeddingName, from, count)))
                return false;
        return true;
    }

    private CheckpointException Missing(string name)
    {
        const string prefix = "model.";
        var hint = name.StartsWith(prefix, StringComparison.Ordinal) && folder.Contains(name[prefix.Length..])
            ? $"The folder has it as '{name[prefix.Length..]}': it was saved without its language-model head; save the whole model."
            : "Check that the download is complete and config.json belongs to these weights.";
        return new CheckpointException($"is missing. {hint}", folder.Path, name);
    }
}
