namespace Liger.Steps;

/// <summary>What a conversion did; written as conversion.json into the converted folder.</summary>
public sealed record ConvertResult
{
    /// <summary>The folder that was written.</summary>
    public required string Folder { get; init; }

    /// <summary>The checkpoint it came from.</summary>
    public required string Source { get; init; }

    /// <summary>The token mixer.</summary>
    public required string Mixer { get; init; }

    /// <summary>Where softmax was asked to stay.</summary>
    public KeptPlaces Keep { get; init; } = new();

    /// <summary>Layers or kv heads by what keeping softmax there restores; null where nothing was measured.</summary>
    public RankedPlaces? Ranking { get; init; }

    /// <summary>What each kv head remembers; null where no budget was given.</summary>
    public BudgetedHeads? Budget { get; init; }

    /// <summary>model_type before and after.</summary>
    public required string SourceModelType { get; init; }

    /// <inheritdoc cref="SourceModelType"/>
    public required string ModelType { get; init; }

    /// <summary>Whether the weight files are hard links.</summary>
    public required bool Linked { get; init; }

    /// <summary>Tensors of the base model in the folder, every one byte-identical to the source's.</summary>
    public required int Tensors { get; init; }

    /// <summary>Bytes of the weight files.</summary>
    public required long WeightBytes { get; init; }

    /// <summary>Numbers that the mixers declare and the conversion added: key scores fitted where a budget is spent on them, all else at its initial value.</summary>
    public long NewParameters { get; init; }

    /// <summary>Time it took, in seconds.</summary>
    public required double Seconds { get; init; }

    /// <summary>What changed, layer by layer.</summary>
    public required IReadOnlyList<ConvertedLayer> Layers { get; init; }
}
