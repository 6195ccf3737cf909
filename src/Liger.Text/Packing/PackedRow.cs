namespace Liger.Text;

/// <summary>A row of fixed length cut out of documents laid end to end.</summary>
/// <param name="Ids">Token ids.</param>
/// <param name="Labels">As many labels, not shifted; <see cref="TokenSequence.Unscored"/> where nothing is scored, which includes the first token of every document.</param>
/// <param name="DocumentStarts">Where documents begin, ascending, always from 0: the indices across which a model must not look back.</param>
public sealed record PackedRow(int[] Ids, int[] Labels, int[] DocumentStarts)
{
    /// <summary>Where the row asks for what it said before, ascending; empty in rows of plain text.</summary>
    public IReadOnlyList<AnswerSpan> Answers { get; init; } = [];

    /// <summary>How many times a scored token of an answer counts in a loss, from 1. Default 1.</summary>
    public int AnswerWeight { get; init; } = 1;
}

/// <summary>How documents are packed into rows.</summary>
public sealed record PackingOptions
{
    /// <summary>Tokens in a row, at least 2. Liger was finetuned with 1024.</summary>
    public int RowLength { get; init; } = 1024;

    /// <summary>
    /// Whether documents in a row are kept apart (the default). Without it a row counts as one document, as in the published training,
    /// and only the very first token of a document stays unscored.
    /// </summary>
    public bool KeepDocumentBoundaries { get; init; } = true;

    /// <summary>Whether rows in which nothing is scored are dropped (the default, as published).</summary>
    public bool DropUnscoredRows { get; init; } = true;
}
