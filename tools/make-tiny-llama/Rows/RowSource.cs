using Liger.Text;
using Liger.TinyLlama.Writing;

namespace Liger.TinyLlama.Rows;

/// <summary>
/// Rows of token ids to train on, numbered; the same number gives the same row. A row begins with the begin token and holds texts until it is
/// full; in one half of the rows an end and a begin token stand between texts, in the other half an empty line, as in the text files.
/// </summary>
/// <param name="corpus">The texts.</param>
/// <param name="tokenizer">Turns them into ids; must have a begin and an end token.</param>
/// <param name="length">Tokens a row.</param>
public sealed class RowSource(Corpus corpus, Tokenizer tokenizer, int length)
{
    private const int ChunkRows = 32;
    private const int ChunksAhead = 4;
    private readonly int begin = tokenizer.BosId ?? throw new ArgumentException("the tokenizer has no begin token", nameof(tokenizer));
    private readonly int end = tokenizer.EosId ?? throw new ArgumentException("the tokenizer has no end token", nameof(tokenizer));

    /// <summary>The row of that number.</summary>
    public int[] this[long number]
    {
        get
        {
            var prng = corpus.Stream(number);
            return prng.Chance(50) ? Separated(prng) : Joined(prng);
        }
    }

    /// <summary>All rows from the first on, in order, made by threads of their own ahead of the one that takes them.</summary>
    /// <param name="threads">How many rows are made at the same time, in chunks.</param>
    public IEnumerable<int[]> Ahead(int threads)
    {
        var pending = new Queue<Task<int[][]>>();
        for (long first = 0; ; first += ChunkRows)
        {
            var start = first;
            pending.Enqueue(Task.Run(() => Enumerable.Range(0, ChunkRows).Select(row => this[start + row]).ToArray()));
            if (pending.Count < threads * ChunksAhead)
                continue;
            foreach (var row in pending.Dequeue().GetAwaiter().GetResult())
                yield return row;
        }
    }

    private int[] Separated(Prng prng)
    {
        var ids = new List<int>(2 * length);
        while (ids.Count < length)
        {
            if (ids.Count > 0)
                ids.Add(end);
            ids.Add(begin);
            ids.AddRange(tokenizer.EncodeToIds(corpus.Write(prng), addSpecialTokens: false));
        }
        return [.. ids.Take(length)];
    }

    private int[] Joined(Prng prng)
    {
        var text = corpus.Write(prng);
        while (true)
        {
            var ids = tokenizer.EncodeToIds(text, addSpecialTokens: false);
            if (ids.Count >= length)
                return [begin, .. ids.Take(length - 1)];
            text += "\n\n" + corpus.Write(prng);
        }
    }
}
