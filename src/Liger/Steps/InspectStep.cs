using Liger.Checkpoints;
using Liger.Models.Mixers;

namespace Liger.Steps;

/// <summary>Says what a checkpoint holds without reading a weight.</summary>
/// <param name="folder">The checkpoint.</param>
public sealed class InspectStep(string folder)
{
    private const int KeysAndValues = 2;

    /// <summary>Reads the headers.</summary>
    /// <exception cref="CheckpointException">The folder is no checkpoint of a supported family.</exception>
    public InspectResult Run()
    {
        using var checkpoint = CheckpointFolder.Open(folder);
        var config = checkpoint.Config;
        var infos = checkpoint.TensorNames.Select(checkpoint.Info).ToList();
        var elementBytes = MemoryFigures.ElementSize(checkpoint);
        var (memory, breakEven) = MemoryFigures.Of(config, elementBytes);
        return new InspectResult
        {
            Folder = folder,
            ModelType = config.ModelType,
            Family = config.Family.ToString(),
            Mixer = MixerPlan.Of(config).ToString(),
            Layers = config.NumHiddenLayers,
            HiddenSize = config.HiddenSize,
            IntermediateSize = config.IntermediateSize,
            Heads = config.NumAttentionHeads,
            KvHeads = config.NumKeyValueHeads,
            HeadDim = config.HeadDim,
            Vocabulary = config.VocabSize,
            Context = config.MaxPositionEmbeddings,
            TiedHead = config.TieWordEmbeddings,
            Parameters = infos.Sum(info => info.Count),
            MixerParameters = infos.Where(info => MixerSet.IsParameter(info.Name)).Sum(info => info.Count),
            WeightBytes = checkpoint.TotalBytes,
            CacheBytesPerToken = (long)KeysAndValues * config.NumHiddenLayers * config.NumKeyValueHeads * config.HeadDim * elementBytes,
            Memory = memory,
            BreakEvenTokens = breakEven,
            Files = checkpoint.WeightFiles,
            Tensors = [.. infos.Select(info => new InspectedTensor(info.Name, SafeTensorsDtype.Name(info.Dtype), info.Shape, info.Length))],
        };
    }
}
