using System.Collections.Concurrent;
using System.Text;

namespace Liger.Text;

/// <summary>What a byte-pair model consists of.</summary>
internal sealed record BpeModelParts
{
    /// <summary>Token → id.</summary>
    public required Dictionary<string, int> Vocabulary { get; init; }

    /// <summary>The merges; of two possible merges the lower rank goes first.</summary>
    public required IReadOnlyCollection<(int Left, int Right, int Rank, int Id)> Merges { get; init; }

    /// <summary>Whether words are spelled in bytes (GPT-2's alphabet) rather than characters.</summary>
    public bool ByteLevel { get; init; }

    /// <summary>Whether an unknown character becomes its bytes, written as &lt;0x00&gt; … &lt;0xFF&gt;.</summary>
    public bool ByteFallback { get; init; }

    /// <summary>The id of unknown characters, or null to drop them.</summary>
    public int? UnknownId { get; init; }

    /// <summary>Whether neighbouring unknown characters become one unknown token.</summary>
    public bool FuseUnknown { get; init; }

    /// <summary>Symbols past the vocabulary, which may merge, and what they become where they do not.</summary>
    public IReadOnlyDictionary<int, int[]> Leftovers { get; init; } = new Dictionary<int, int[]>();

    /// <summary>Whether a word that is a token is that token, whatever the merges say.</summary>
    public bool IgnoreMerges { get; init; }
}

/// <summary>Byte-pair encoding of words, with a cache of words already seen. Same results as Hugging Face's BPE model.</summary>
internal sealed class BpeModel
{
    /// <summary>Longer words are not cached, and no more words than the limit: 2^16 words of 64 chars are at most some 20 MB.</summary>
    private const int CachedLength = 64, CachedWords = 1 << 16;
    private const char Mark = '\u2581';

    private readonly BpeModelParts parts;
    private readonly MergeTable merges;
    private readonly int[] byteIds = new int[256];
    private readonly Dictionary<int, int> characterIds = [];
    private readonly int[] basicIds = new int[0x3000];
    private readonly bool cutsAtMark;
    private readonly ConcurrentDictionary<string, int[]> cache = new();
    private readonly ConcurrentDictionary<string, int[]>.AlternateLookup<ReadOnlySpan<char>> cached;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> vocabulary;
    private int cachedWords;

    public BpeModel(BpeModelParts parts)
    {
        this.parts = parts;
        merges = new MergeTable(parts.Merges);
        cached = cache.GetAlternateLookup<ReadOnlySpan<char>>();
        vocabulary = parts.Vocabulary.GetAlternateLookup<ReadOnlySpan<char>>();
        Array.Fill(basicIds, -1);
        foreach (var (token, id) in parts.Vocabulary)
            if (token.Length > 0 && CharacterClass.CodePoint(token, 0, out var length) is var codePoint && length == token.Length)
            {
                characterIds[codePoint] = id;
                if (codePoint < basicIds.Length)
                    basicIds[codePoint] = id;
            }
        for (var b = 0; b < 256; b++)
            byteIds[b] = parts.Vocabulary.GetValueOrDefault(parts.ByteLevel ? ByteAlphabet.Characters[b].ToString() : $"<0x{b:X2}>", -1);
        cutsAtMark = !parts.ByteLevel && !parts.IgnoreMerges && parts.Vocabulary.ContainsKey(Mark.ToString()) && !parts.Vocabulary.Keys.Any(HasMarkInside);
    }

    /// <summary>Adds the ids of a piece of text.</summary>
    public void Encode(ReadOnlySpan<char> text, List<int> output)
    {
        // Where no token has a mark after another character nothing merges across that border, so the text may be cut there: same ids, short words.
        while (cutsAtMark && text.Length > 0)
        {
            var end = text.IndexOfAnyExcept(Mark);
            var cut = end < 0 ? -1 : text[end..].IndexOf(Mark);
            if (cut < 0)
                break;
            EncodeWord(text[..(end + cut)], output);
            text = text[(end + cut)..];
        }
        if (text.Length > 0)
            EncodeWord(text, output);
    }

    private static bool HasMarkInside(string token)
    {
        for (var i = 1; i < token.Length; i++)
            if (token[i] == Mark && token[i - 1] != Mark)
                return true;
        return false;
    }

    private void EncodeWord(ReadOnlySpan<char> word, List<int> output)
    {
        if (word.Length > CachedLength)
        {
            output.AddRange(Merge(word));
            return;
        }
        if (!cached.TryGetValue(word, out var ids))
        {
            ids = Merge(word);
            if (cachedWords < CachedWords && cache.TryAdd(word.ToString(), ids))
                Interlocked.Increment(ref cachedWords);
        }
        output.AddRange(ids);
    }

    private int[] Merge(ReadOnlySpan<char> word)
    {
        if (parts.IgnoreMerges && WholeWord(word) is { } whole)
            return [whole];
        var symbols = new List<int>(word.Length);
        if (parts.ByteLevel)
            AddBytes(word, symbols);
        else
            AddCharacters(word, symbols);
        var span = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(symbols);
        var ids = span[..PairMerger.Merge(merges, span)].ToArray();
        return parts.Leftovers.Count == 0 ? ids : [.. ids.SelectMany(id => parts.Leftovers.TryGetValue(id, out var instead) ? instead : [id])];
    }

    private int? WholeWord(ReadOnlySpan<char> word)
    {
        if (!parts.ByteLevel)
            return vocabulary.TryGetValue(word, out var id) ? id : null;
        var bytes = new byte[Encoding.UTF8.GetMaxByteCount(word.Length)];
        return parts.Vocabulary.TryGetValue(ByteAlphabet.Spell(bytes.AsSpan(0, Encoding.UTF8.GetBytes(word, bytes))), out var byteId) ? byteId : null;
    }

    private void AddBytes(ReadOnlySpan<char> word, List<int> symbols)
    {
        Span<byte> bytes = word.Length <= CachedLength ? stackalloc byte[CachedLength * 3] : new byte[Encoding.UTF8.GetMaxByteCount(word.Length)];
        var unknown = false;
        foreach (var b in bytes[..Encoding.UTF8.GetBytes(word, bytes)])
            AddSymbol(byteIds[b], symbols, ref unknown);
        Finish(symbols, unknown);
    }

    private void AddCharacters(ReadOnlySpan<char> word, List<int> symbols)
    {
        var unknown = false;
        int length;
        Span<byte> bytes = stackalloc byte[4];
        for (var i = 0; i < word.Length; i += length)
        {
            var codePoint = CharacterClass.CodePoint(word, i, out length);
            var id = codePoint < basicIds.Length ? basicIds[codePoint] : characterIds.GetValueOrDefault(codePoint, -1);
            if (id < 0 && parts.ByteFallback)
            {
                var utf8 = bytes[..new Rune(codePoint).EncodeToUtf8(bytes)];
                if (HasAll(utf8))
                {
                    foreach (var b in utf8)
                        symbols.Add(byteIds[b]);
                    continue;
                }
            }
            AddSymbol(id, symbols, ref unknown);
        }
        Finish(symbols, unknown);
    }

    private bool HasAll(ReadOnlySpan<byte> utf8)
    {
        foreach (var b in utf8)
            if (byteIds[b] < 0)
                return false;
        return true;
    }

    /// <summary>Adds a known symbol, after the unknown one that waits; or lets an unknown one wait, so that those after it can be fused with it.</summary>
    private void AddSymbol(int id, List<int> symbols, ref bool unknown)
    {
        if (id >= 0)
        {
            Finish(symbols, unknown);
            unknown = false;
            symbols.Add(id);
        }
        else if (parts.UnknownId is not null)
        {
            Finish(symbols, unknown && !parts.FuseUnknown);
            unknown = true;
        }
    }

    private void Finish(List<int> symbols, bool unknown)
    {
        if (unknown)
            symbols.Add(parts.UnknownId!.Value);
    }
}
