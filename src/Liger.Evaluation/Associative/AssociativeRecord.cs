namespace Liger.Evaluation;

/// <summary>What a model answered in one case of associative recall.</summary>
public sealed record AssociativeRecord
{
    /// <summary>Its number in the file, from 0.</summary>
    public required int Case { get; init; }

    /// <summary>Pairs of the case.</summary>
    public required int Pairs { get; init; }

    /// <summary>Whether each of its answers was given exactly, in their order.</summary>
    public required IReadOnlyList<bool> Correct { get; init; }
}
