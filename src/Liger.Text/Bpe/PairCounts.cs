using System.Text;

namespace Liger.Text;

/// <summary>How often each pair of neighbouring tokens occurs in a set of counted words, kept up to date while pairs are merged.</summary>
internal sealed class PairCounts
{
    private readonly List<int>[] words;
    private readonly long[] weights;
    private readonly Dictionary<(int Left, int Right), long> counts = [];
    private readonly Dictionary<(int Left, int Right), HashSet<int>> places = [];
    private readonly PriorityQueue<(int Left, int Right, long Count), (long, int, int)> queue = new();

    /// <summary>Spells the words in bytes; the id of byte b is <paramref name="firstByteId"/> + b.</summary>
    public PairCounts(Dictionary<string, long> counted, int firstByteId)
    {
        var ordered = counted.OrderBy(w => w.Key, StringComparer.Ordinal).ToArray();
        words = [.. ordered.Select(w => Encoding.UTF8.GetBytes(w.Key).Select(b => firstByteId + b).ToList())];
        weights = [.. ordered.Select(w => w.Value)];
        var touched = new HashSet<(int, int)>();
        for (var word = 0; word < words.Length; word++)
            Add(word, 1, touched);
        Offer(touched);
    }

    /// <summary>The most frequent pair, or null where no pair is left.</summary>
    public (int Left, int Right)? TakeBest()
    {
        while (queue.TryDequeue(out var best, out _))
            if (counts.GetValueOrDefault((best.Left, best.Right)) == best.Count && best.Count > 0)
                return (best.Left, best.Right);
        return null;
    }

    /// <summary>Replaces the pair by a new token everywhere.</summary>
    public void Merge(int left, int right, int id)
    {
        var touched = new HashSet<(int, int)>();
        foreach (var word in places[(left, right)].ToArray())
        {
            Add(word, -1, touched);
            var symbols = words[word];
            var kept = 0;
            for (var i = 0; i < symbols.Count; i++)
            {
                var merges = i + 1 < symbols.Count && symbols[i] == left && symbols[i + 1] == right;
                symbols[kept++] = merges ? id : symbols[i];
                i += merges ? 1 : 0;
            }
            symbols.RemoveRange(kept, symbols.Count - kept);
            Add(word, 1, touched);
        }
        Offer(touched);
    }

    private void Add(int word, int sign, HashSet<(int, int)> touched)
    {
        var symbols = words[word];
        for (var i = 0; i + 1 < symbols.Count; i++)
        {
            var pair = (symbols[i], symbols[i + 1]);
            counts[pair] = counts.GetValueOrDefault(pair) + (sign * weights[word]);
            touched.Add(pair);
            if (!places.TryGetValue(pair, out var at))
                places[pair] = at = [];
            if (sign > 0)
                at.Add(word);
            else
                at.Remove(word);
        }
    }

    private void Offer(HashSet<(int Left, int Right)> pairs)
    {
        foreach (var (left, right) in pairs)
            if (counts[(left, right)] is var count and > 0)
                queue.Enqueue((left, right, count), (-count, left, right));
    }
}
