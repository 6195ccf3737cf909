namespace Liger.Steps;

/// <summary>What a checkpoint holds, read from its headers alone.</summary>
public sealed record InspectResult
{
    /// <summary>The folder.</summary>
    public required string Folder { get; init; }

    /// <summary>model_type of its config.json.</summary>
    public required string ModelType { get; init; }

    /// <summary>The base family.</summary>
    public required string Family { get; init; }

    /// <summary>The token mixer: softmax, or the one it was converted to.</summary>
    public required string Mixer { get; init; }

    /// <summary>Layers, L.</summary>
    public required int Layers { get; init; }

    /// <summary>Width of the residual stream, C.</summary>
    public required int HiddenSize { get; init; }

    /// <summary>Width of the feed-forward.</summary>
    public required int IntermediateSize { get; init; }

    /// <summary>Query heads, H.</summary>
    public required int Heads { get; init; }

    /// <summary>Key and value heads, Hkv.</summary>
    public required int KvHeads { get; init; }

    /// <summary>Width of a head, D.</summary>
    public required int HeadDim { get; init; }

    /// <summary>Tokens in the vocabulary, V.</summary>
    public required int Vocabulary { get; init; }

    /// <summary>The longest context it was trained for, in tokens.</summary>
    public required int Context { get; init; }

    /// <summary>Whether the head is the embedding.</summary>
    public required bool TiedHead { get; init; }

    /// <summary>Parameters in the files.</summary>
    public required long Parameters { get; init; }

    /// <summary>Of these, what the mixers declare.</summary>
    public required long MixerParameters { get; init; }

    /// <summary>Bytes of the weights in the files.</summary>
    public required long WeightBytes { get; init; }

    /// <summary>Bytes that softmax attention keeps for every token of context, in the type of the weights.</summary>
    public required long CacheBytesPerToken { get; init; }

    /// <summary>What decoding one sequence keeps, at several contexts, in the type of the weights; recurrent states are fp32.</summary>
    public required IReadOnlyList<MemoryAt> Memory { get; init; }

    /// <summary>Tokens from which on that is no more than the base model's softmax would keep; null where that never is, or for softmax itself.</summary>
    public long? BreakEvenTokens { get; init; }

    /// <summary>The weight files.</summary>
    public required IReadOnlyList<string> Files { get; init; }

    /// <summary>Every tensor.</summary>
    public required IReadOnlyList<InspectedTensor> Tensors { get; init; }
}
