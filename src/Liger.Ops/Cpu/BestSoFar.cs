namespace Liger.Ops.Cpu;

/// <summary>
/// The best m of the keys that have left so far, query after query, in a heap with the worst on top: a key that falls out of it never comes back
/// in its document. O(T·log m) a kv head beside reading once who has left.
/// </summary>
internal sealed class BestSoFar
{
    private const long Never = long.MaxValue;

    private readonly PriorityQueue<int, (double Score, int Later)> best;
    private readonly int most;

    private BestSoFar(int most)
    {
        this.most = most;
        // An earlier key goes before a later one of the same score.
        best = new PriorityQueue<int, (double Score, int Later)>(most + 1);
    }

    /// <summary><see cref="SelectedAttention.BestOfPairs"/> where a key, once it has left, has done so until its document ends, and two documents' keys
    /// never have at once.</summary>
    /// <param name="left">[1 or B,Tq,I].</param>
    /// <param name="scores">[B,Hkv,I].</param>
    /// <param name="most">m.</param>
    /// <returns>[B,Hkv,Tq,I].</returns>
    internal static Tensor Of(Tensor left, Tensor scores, int most)
    {
        using var scope = NewDisposeScope();
        var (rows, queries, keys, heads) = ((int)left.shape[0], (int)left.shape[1], (int)left.shape[2], (int)scores.shape[1]);
        var has = left.contiguous().data<bool>().ToArray();
        var all = scores.to(float64).contiguous().data<double>().ToArray();
        var until = new long[all.Length];
        Array.Fill(until, Never);
        var sweep = new BestSoFar(most);
        for (var head = 0; head < all.Length / keys; head++)
        {
            var row = rows == 1 ? 0 : head / heads;
            sweep.Go(has.AsSpan(row * queries * keys, queries * keys), all.AsSpan(head * keys, keys), until.AsSpan(head * keys, keys));
        }
        var ends = tensor(until, scores.shape).unsqueeze(2);
        return left.unsqueeze(1).logical_and(arange(queries).unsqueeze(-1).lt(ends)).MoveToOuterDisposeScope();
    }

    /// <param name="left">[Tq,I].</param>
    /// <param name="scores">[I].</param>
    /// <param name="until">[I]: the first query of those that no longer see a key.</param>
    private void Go(ReadOnlySpan<bool> left, ReadOnlySpan<double> scores, Span<long> until)
    {
        best.Clear();
        var keys = scores.Length;
        var before = ReadOnlySpan<bool>.Empty;
        for (var query = 0; query * keys < left.Length; query++)
        {
            var now = left.Slice(query * keys, keys);
            if (best.TryPeek(out var worst, out _) && !now[worst])
                best.Clear();
            // Most keys are as they were; the first that is not is found many at a time.
            for (var key = Next(before, now, 0); key < keys; key = Next(before, now, key + 1))
                if (now[key])
                    best.Enqueue(key, (scores[key], -key));
            while (best.Count > most)
                until[best.Dequeue()] = query;
            before = now;
        }
    }

    private static int Next(ReadOnlySpan<bool> before, ReadOnlySpan<bool> now, int from) =>
        from >= now.Length ? from : before.IsEmpty ? from : from + before[from..].CommonPrefixLength(now[from..]);
}
