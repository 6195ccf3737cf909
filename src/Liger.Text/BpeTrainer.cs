namespace Liger.Text;

/// <summary>
/// Trains a byte-level BPE vocabulary: text is split as Llama 3 does, words are spelled in bytes, and the most frequent neighbouring pair is merged
/// again and again. Deterministic: of equally frequent pairs the one with the lower ids goes first.
/// </summary>
public static class BpeTrainer
{
    private const int Bytes = 256;

    /// <summary>Trains a vocabulary.</summary>
    /// <param name="texts">The texts, without special tokens.</param>
    /// <param name="vocabularySize">The size to reach: special tokens, 256 bytes, and one token a merge.</param>
    /// <param name="specialTokens">Tokens that get the first ids. The first of them begins every text; the second, if any, is the end token.</param>
    /// <exception cref="TextException">The size is too small for bytes and special tokens, or the texts are too small for it.</exception>
    public static TrainedTokenizer Train(IEnumerable<string> texts, int vocabularySize, IReadOnlyList<string> specialTokens)
    {
        ArgumentNullException.ThrowIfNull(texts);
        ArgumentNullException.ThrowIfNull(specialTokens);
        var first = specialTokens.Count + Bytes;
        if (vocabularySize < first)
            throw new TextException($"vocabulary: size {vocabularySize} — expected at least {first}, for {Bytes} bytes and {specialTokens.Count} special tokens.");
        if (specialTokens.Count != specialTokens.Distinct().Count() || specialTokens.Any(t => t.Length < 2))
            throw new TextException("vocabulary: a special token that is repeated or shorter than two characters — expected different names such as <|end_of_text|>.");
        var vocabulary = new List<string>(specialTokens);
        vocabulary.AddRange(ByteAlphabet.Characters.Select(c => c.ToString()));
        var ids = vocabulary.Select((token, id) => (token, id)).ToDictionary(t => t.token, t => t.id);
        var words = new PairCounts(Count(texts), specialTokens.Count);
        var merges = new List<(string Left, string Right)>();
        while (vocabulary.Count < vocabularySize)
        {
            if (words.TakeBest() is not var (left, right))
                throw new TextException($"vocabulary: the texts give only {vocabulary.Count} tokens — expected {vocabularySize}. Give more text or ask for a smaller vocabulary.");
            var merged = vocabulary[left] + vocabulary[right];
            merges.Add((vocabulary[left], vocabulary[right]));
            // Two different pairs can make the same token; it keeps its id.
            if (ids.TryAdd(merged, vocabulary.Count))
                vocabulary.Add(merged);
            words.Merge(left, right, ids[merged]);
        }
        return new TrainedTokenizer(vocabulary, merges, [.. specialTokens]);
    }

    private static Dictionary<string, long> Count(IEnumerable<string> texts)
    {
        var counts = new Dictionary<string, long>();
        var lookup = counts.GetAlternateLookup<ReadOnlySpan<char>>();
        var pieces = new List<TextPiece>();
        foreach (var text in texts)
        {
            pieces.Clear();
            WordSplitter.Llama3.Split(new TextPiece(text, 0, text.Length, true), pieces);
            foreach (var piece in pieces)
                lookup[piece.Span] = lookup.TryGetValue(piece.Span, out var count) ? count + 1 : 1;
        }
        return counts;
    }
}
