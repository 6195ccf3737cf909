namespace Liger.Evaluation;

/// <summary>What a model answered in one recall case.</summary>
public sealed record NeedleRecord
{
    /// <summary>Its number in the file, from 0.</summary>
    public required int Case { get; init; }

    /// <summary>Tokens between what is said and where it is asked for.</summary>
    public required int Distance { get; init; }

    /// <summary>Whether greedy decoding gives exactly the answer's tokens.</summary>
    public required bool Correct { get; init; }

    /// <summary>The answer.</summary>
    public required string Answer { get; init; }

    /// <summary>The answer's tokens.</summary>
    public required IReadOnlyList<int> AnswerIds { get; init; }

    /// <summary>The tokens of greedy decoding, up to the first wrong one.</summary>
    public required IReadOnlyList<int> PredictedIds { get; init; }
}
