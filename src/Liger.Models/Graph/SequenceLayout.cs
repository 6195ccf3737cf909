namespace Liger.Models.Graph;

/// <summary>
/// Which tokens of a batch belong together: rows that hold several documents, and padding. Documents do not see each other, and each
/// starts at position 0. Without a layout every row is one document.
/// </summary>
public sealed class SequenceLayout : IDisposable
{
    private const long Padding = -1;

    private (long[] Documents, long[] Positions)? numbers;

    private SequenceLayout(long[] documents, long[] positions, long batch, long tokens, Device? device)
        : this(torch.tensor(documents, [batch, tokens], device: device), torch.tensor(positions, [batch, tokens], device: device))
    {
    }

    /// <summary>Takes the tensors over.</summary>
    internal SequenceLayout(Tensor documents, Tensor positions)
    {
        Documents = documents.DetachFromDisposeScope();
        Positions = positions.DetachFromDisposeScope();
    }

    /// <summary>[B,T]: the number of each token's document inside its row; −1 for padding.</summary>
    public Tensor Documents { get; }

    /// <summary>[B,T]: each token's position inside its document.</summary>
    public Tensor Positions { get; }

    /// <summary>Whether some tokens may be padding; false only where it is known without looking.</summary>
    internal bool MayPad { get; init; } = true;

    /// <summary>Both as numbers, row by row. Read from the device once.</summary>
    internal (long[] Documents, long[] Positions) Numbers => numbers ??= (Documents.cpu().contiguous().data<long>().ToArray(), Positions.cpu().contiguous().data<long>().ToArray());

    /// <summary>Rows in which documents start at the given tokens.</summary>
    /// <param name="starts">For each row, ascending positions of first tokens; 0 may be left out.</param>
    /// <param name="tokens">T.</param>
    /// <param name="device">Where the layout lies; null is the CPU.</param>
    /// <returns>Null when every row is one document: the plain case, which is faster.</returns>
    /// <exception cref="ModelException">A start outside of the row, or starts out of order.</exception>
    public static SequenceLayout? Packed(IReadOnlyList<int[]> starts, int tokens, Device? device = null)
    {
        if (starts.All(row => row.All(start => start == 0)))
            return null;
        var documents = new long[starts.Count * tokens];
        var positions = new long[documents.Length];
        for (var row = 0; row < starts.Count; row++)
        {
            var (document, from) = (0L, 0);
            var pending = new Queue<int>(starts[row]);
            var last = -1;
            foreach (var start in starts[row])
            {
                if (start <= last || start >= tokens)
                    throw new ModelException($"sequence layout: row {row} — expected ascending starts below {tokens}, got {start} after {last}.");
                last = start;
            }
            for (var t = 0; t < tokens; t++)
            {
                if (pending.TryPeek(out var next) && next == t)
                {
                    pending.Dequeue();
                    if (t > 0)
                        (document, from) = (document + 1, t);
                }
                documents[(row * tokens) + t] = document;
                positions[(row * tokens) + t] = t - from;
            }
        }
        return new SequenceLayout(documents, positions, starts.Count, tokens, device) { MayPad = false };
    }

    /// <summary>Rows of different lengths, padded to the longest on one side.</summary>
    /// <param name="lengths">Tokens of each row that are not padding.</param>
    /// <param name="tokens">T.</param>
    /// <param name="left">Whether the padding comes first.</param>
    /// <param name="device">Where the layout lies; null is the CPU.</param>
    public static SequenceLayout Padded(IReadOnlyList<int> lengths, int tokens, bool left, Device? device = null)
    {
        var documents = new long[lengths.Count * tokens];
        var positions = new long[documents.Length];
        for (var row = 0; row < lengths.Count; row++)
        {
            var from = left ? tokens - lengths[row] : 0;
            for (var t = 0; t < tokens; t++)
            {
                var inside = t >= from && t < from + lengths[row];
                documents[(row * tokens) + t] = inside ? 0 : Padding;
                // Padding keeps counting on its own, so that every token sees at least itself.
                positions[(row * tokens) + t] = inside || t >= from ? t - from : t;
            }
        }
        return new SequenceLayout(documents, positions, lengths.Count, tokens, device);
    }

    /// <summary>One more token for each row, as decoding appends them to rows of different lengths.</summary>
    /// <param name="positions">The token's position inside its document, for each row; below 0 is padding for a row that has ended.</param>
    /// <param name="device">Where the layout lies; null is the CPU.</param>
    public static SequenceLayout Single(IReadOnlyList<long> positions, Device? device = null) =>
        new([.. positions.Select(p => p < 0 ? Padding : 0)], [.. positions.Select(p => Math.Max(p, 0))], positions.Count, 1, device);

    /// <summary>Any documents and positions, row by row.</summary>
    internal static SequenceLayout Of(long[] documents, long[] positions, long batch, long tokens, Device device) =>
        new(documents, positions, batch, tokens, device) { numbers = (documents, positions) };

    /// <summary>Some tokens of every row, as part of a longer prompt: their positions stay what they are.</summary>
    /// <param name="from">The first token.</param>
    /// <param name="tokens">How many.</param>
    public SequenceLayout Slice(long from, long tokens) => new(Documents.narrow(1, from, tokens), Positions.narrow(1, from, tokens));

    /// <inheritdoc/>
    public void Dispose()
    {
        Documents.Dispose();
        Positions.Dispose();
    }
}
