using Liger.Text;
using Liger.TinyLlama.Writing;

namespace Liger.TinyLlama.Rows;

/// <summary>
/// Rows of token ids to train on, numbered; the same number gives the same row. Of eight rows, two hold texts with an end and a begin token between
/// any two, two have an empty line there as the text files do, two are windows anywhere in such a file, without a begin token, and two ask at
/// their end for what they said at their beginning: without those, the farthest distances of the context are its rarest.
/// </summary>
/// <param name="corpus">The texts.</param>
/// <param name="tokenizer">Turns them into ids; must have a begin and an end token.</param>
/// <param name="length">Tokens a row.</param>
public sealed class RowSource(Corpus corpus, Tokenizer tokenizer, int length)
{
    private const string Gap = "\n\n";

    // Story has about 3 characters a token, never 5 over a whole row.
    private const int LongestToken = 5;
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
            return prng.Below(4) switch { 0 => Separated(prng), 1 => Joined(prng), 2 => Window(prng), _ => FarApart(prng) };
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
            ids.AddRange(Encoded(corpus.Write(prng)));
        }
        return [.. ids.Take(length)];
    }

    private int[] Joined(Prng prng) => [begin, .. Joined(prng, corpus.Write(prng), length - 1).Take(length - 1)];

    private int[] Window(Prng prng)
    {
        var text = corpus.Write(prng);
        var skip = prng.Below(Encoded(text).Count);
        return [.. Joined(prng, text, skip + length).Skip(skip).Take(length)];
    }

    private int[] FarApart(Prng prng)
    {
        var parts = corpus.Recall.FarApart(prng, length * LongestToken);
        var (facts, questions) = (Encoded(parts.Facts), Encoded("\n" + parts.Questions));
        var room = Math.Max(0, length - 1 - facts.Count - questions.Count);
        return [.. Enumerable.Repeat(begin, 1).Concat(facts).Concat(Encoded(parts.Story).Take(room)).Concat(questions).Take(length)];
    }

    private IReadOnlyList<int> Encoded(string text) => tokenizer.EncodeToIds(text, addSpecialTokens: false);

    private IReadOnlyList<int> Joined(Prng prng, string text, int atLeast)
    {
        while (true)
        {
            var ids = Encoded(text);
            if (ids.Count >= atLeast)
                return ids;
            text += Gap + corpus.Write(prng);
        }
    }
}
