namespace Liger.Steps;

/// <summary>What an export wrote; written as export.json into the exported folder.</summary>
public sealed record ExportResult
{
    /// <summary>The folder that was written.</summary>
    public required string Folder { get; init; }

    /// <summary>The checkpoint that the adapter was merged into.</summary>
    public required string Checkpoint { get; init; }

    /// <summary>The adapter.</summary>
    public required string Adapter { get; init; }

    /// <summary>Tensors that the merge changed.</summary>
    public required int MergedTensors { get; init; }

    /// <summary>Tensors that were copied as they are.</summary>
    public required int CopiedTensors { get; init; }

    /// <summary>The largest difference of any logit between the written folder and checkpoint + adapter, on the same tokens.</summary>
    public required double LargestLogitDifference { get; init; }

    /// <summary>What that difference may be at most.</summary>
    public required double Tolerance { get; init; }

    /// <summary>Time it took, in seconds.</summary>
    public required double Seconds { get; init; }
}
