namespace Liger.Text;

/// <summary>Lays documents end to end and cuts rows of fixed length: the packing of the published training.</summary>
public static class Packing
{
    /// <summary>
    /// The rows, made while they are read. Documents run on from row to row; what is left at the end and fills no row is dropped.
    /// Differs: published code drops a last row that is exactly full; here it is kept.
    /// </summary>
    /// <param name="documents">The documents, in order.</param>
    /// <param name="options">Length and rules.</param>
    /// <param name="source">What the documents are called in an error.</param>
    /// <exception cref="TextException">The documents fill no row, or no row has anything to score.</exception>
    public static IEnumerable<PackedRow> Pack(IEnumerable<TokenSequence> documents, PackingOptions options, string source = "data")
    {
        ArgumentNullException.ThrowIfNull(documents);
        ArgumentNullException.ThrowIfNull(options);
        if (options.RowLength < 2)
            throw new TextException($"{source}: rows of {options.RowLength} tokens — expected at least 2.");
        return Rows(documents, options, source);
    }

    private static IEnumerable<PackedRow> Rows(IEnumerable<TokenSequence> documents, PackingOptions options, string source)
    {
        var length = options.RowLength;
        var (ids, labels, starts) = (new int[length], new int[length], new List<int> { 0 });
        var (filled, tokens, full, kept) = (0, 0L, 0L, 0L);
        foreach (var document in documents)
        {
            tokens += document.Ids.Length;
            for (var done = 0; done < document.Ids.Length;)
            {
                var count = Math.Min(length - filled, document.Ids.Length - done);
                Array.Copy(document.Ids, done, ids, filled, count);
                Array.Copy(document.Labels, done, labels, filled, count);
                if (done == 0)
                    labels[filled] = TokenSequence.Unscored;
                if (done == 0 && filled > 0 && options.KeepDocumentBoundaries)
                    starts.Add(filled);
                (done, filled) = (done + count, filled + count);
                if (filled < length)
                    continue;
                full++;
                filled = 0;
                var row = new PackedRow(ids, labels, [.. starts]);
                (ids, labels, starts) = (new int[length], new int[length], [0]);
                // The first token of a row is predicted from nothing, whatever its label says.
                if (options.DropUnscoredRows && row.Labels.AsSpan(1).IndexOfAnyExcept(TokenSequence.Unscored) < 0)
                    continue;
                kept++;
                yield return row;
            }
        }
        if (full == 0)
            throw new TextException($"{source}: {tokens} tokens in all, text too short for one chunk — expected at least {length}. Give more text or a smaller chunk length.");
        if (kept == 0)
            throw new TextException($"{source}: nothing to learn in any of its {full} chunks — expected scored tokens. Check that the answers are not empty.");
    }
}
