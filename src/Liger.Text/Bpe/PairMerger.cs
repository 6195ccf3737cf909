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
        // What the pair that begins at a position merges into, and its rank now: a heap entry of another rank is stale.
        var ranks = new int[count];
        var merged = new int[count];
        var heap = new RankHeap(count);
        for (var i = 0; i < count; i++)
        {
            next[i] = i + 1 < count ? i + 1 : -1;
            previous[i] = i - 1;
            ranks[i] = int.MaxValue;
            if (i + 1 < count && table.TryGet(symbols[i], symbols[i + 1], out ranks[i], out merged[i]))
                heap.Add(ranks[i], i);
        }
        while (heap.TryTake(out var rank, out var left))
        {
            if (ranks[left] != rank)
                continue;
            var right = next[left];
            symbols[left] = merged[left];
            ranks[left] = ranks[right] = int.MaxValue;
            next[left] = next[right];
            if (next[left] >= 0)
            {
                previous[next[left]] = left;
                if (table.TryGet(symbols[left], symbols[next[left]], out ranks[left], out merged[left]))
                    heap.Add(ranks[left], left);
            }
            if (previous[left] is var before and >= 0 && table.TryGet(symbols[before], symbols[left], out ranks[before], out merged[before]))
                heap.Add(ranks[before], before);
        }
        var kept = 0;
        for (var i = 0; i >= 0; i = next[i])
            symbols[kept++] = symbols[i];
        return kept;
    }
}
