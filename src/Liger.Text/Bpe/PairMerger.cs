namespace Liger.Text;

/// <summary>
/// Byte-pair encoding of one row of symbols: merge the pair of lowest rank, leftmost first, until no pair merges.
/// Short rows are scanned; long ones (SentencePiece knows no words) use a heap over a linked list, n log n.
/// </summary>
internal static class PairMerger
{
    /// <summary>Up to this length repeated scanning is faster than the heap.</summary>
    private const int ScanLimit = 40;

    /// <summary>Merges in place and returns the number of symbols left.</summary>
    public static int Merge(MergeTable table, Span<int> symbols) =>
        symbols.Length < 2 ? symbols.Length : symbols.Length <= ScanLimit ? MergeByScan(table, symbols) : MergeByHeap(table, symbols);

    private static int MergeByScan(MergeTable table, Span<int> symbols)
    {
        var count = symbols.Length;
        Span<int> ranks = stackalloc int[ScanLimit];
        Span<int> merged = stackalloc int[ScanLimit];
        for (var i = 0; i + 1 < count; i++)
            table.TryGet(symbols[i], symbols[i + 1], out ranks[i], out merged[i]);
        while (count > 1)
        {
            var best = 0;
            for (var i = 1; i + 1 < count; i++)
                if (ranks[i] < ranks[best])
                    best = i;
            if (ranks[best] == int.MaxValue)
                break;
            symbols[best] = merged[best];
            symbols[(best + 2)..count].CopyTo(symbols[(best + 1)..]);
            ranks[(best + 1)..(count - 1)].CopyTo(ranks[best..]);
            merged[(best + 1)..(count - 1)].CopyTo(merged[best..]);
            count--;
            if (best > 0)
                table.TryGet(symbols[best - 1], symbols[best], out ranks[best - 1], out merged[best - 1]);
            if (best + 1 < count)
                table.TryGet(symbols[best], symbols[best + 1], out ranks[best], out merged[best]);
        }
        return count;
    }

    private static int MergeByHeap(MergeTable table, Span<int> symbols)
    {
        var count = symbols.Length;
        var next = new int[count];
        var previous = new int[count];
        var gone = new bool[count];
        // Priority: rank, then position. The element remembers which symbols it was made for, so that stale entries are recognised.
        var queue = new PriorityQueue<(int Position, int Left, int Right, int Id), long>(count);
        for (var i = 0; i < count; i++)
        {
            next[i] = i + 1 < count ? i + 1 : -1;
            previous[i] = i - 1;
        }
        for (var i = 0; i + 1 < count; i++)
            Offer(table, queue, symbols, i, i + 1);
        while (queue.TryDequeue(out var pair, out _))
        {
            var left = pair.Position;
            var right = gone[left] ? -1 : next[left];
            if (right < 0 || symbols[left] != pair.Left || symbols[right] != pair.Right)
                continue;
            symbols[left] = pair.Id;
            gone[right] = true;
            next[left] = next[right];
            if (next[left] >= 0)
            {
                previous[next[left]] = left;
                Offer(table, queue, symbols, left, next[left]);
            }
            if (previous[left] >= 0)
                Offer(table, queue, symbols, previous[left], left);
        }
        var kept = 0;
        for (var i = 0; i >= 0; i = next[i])
            symbols[kept++] = symbols[i];
        return kept;
    }

    private static void Offer(MergeTable table, PriorityQueue<(int, int, int, int), long> queue, ReadOnlySpan<int> symbols, int left, int right)
    {
        if (table.TryGet(symbols[left], symbols[right], out var rank, out var id))
            queue.Enqueue((left, symbols[left], symbols[right], id), ((long)rank << 32) | (uint)left);
    }
}
