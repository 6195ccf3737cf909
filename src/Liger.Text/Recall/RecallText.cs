namespace Liger.Text;

/// <summary>
/// Running text as tokens, to plant facts in. Special tokens, which end documents, give way to an empty line: what is asked for must not lie
/// behind the end of a document.
/// </summary>
public sealed class RecallText
{
    private const int SentenceReach = 32, WordReach = 8;
    private const string Sentence = ".!?…。！？";
    private static readonly char[] Closing = [.. "\"')]”’»*_`"];

    private readonly int[] ids;
    private readonly TokenTexts texts;

    private RecallText(int[] ids, Tokenizer tokenizer) => (this.ids, Tokenizer, texts) = (ids, tokenizer, new TokenTexts(tokenizer));

    /// <summary>The tokenizer.</summary>
    public Tokenizer Tokenizer { get; }

    /// <summary>How many tokens there are.</summary>
    public int Length => ids.Length;

    /// <summary>The text of parts that follow each other, such as packed rows.</summary>
    /// <param name="parts">Token ids; they are copied.</param>
    /// <param name="tokenizer">The tokenizer they are of.</param>
    /// <param name="apart">Whether each part is a document, with an empty line before the next.</param>
    public static RecallText Of(IEnumerable<IReadOnlyList<int>> parts, Tokenizer tokenizer, bool apart = false)
    {
        ArgumentNullException.ThrowIfNull(parts);
        var gap = new PassageEncoder(tokenizer).Ids("\n\n");
        var special = Enumerable.Range(0, tokenizer.VocabularySize).Select(tokenizer.IsSpecial).ToArray();
        var ids = new List<int>();
        var isGap = true;
        foreach (var part in parts)
        {
            foreach (var id in part)
            {
                if (!special[id])
                    ids.Add(id);
                else if (!isGap)
                    ids.AddRange(gap);
                isGap = special[id];
            }
            if (apart && !isGap)
                ids.AddRange(gap);
            isGap |= apart;
        }
        return new RecallText([.. ids], tokenizer);
    }

    /// <summary>Whether none of the words stands in a part of the text.</summary>
    internal bool Lacks(IReadOnlyList<string> words, int start, int count)
    {
        var part = words.Count == 0 ? "" : Tokenizer.Decode(ids.AsSpan(start, count).ToArray());
        return !words.Any(word => part.Contains(word, StringComparison.Ordinal));
    }

    internal ReadOnlySpan<int> Slice(int start, int count) => ids.AsSpan(start, count);

    /// <summary>The place between two tokens nearest to a wanted one, of <paramref name="low"/> … <paramref name="high"/>, at which a sentence
    /// ends; else one at which a word does; else the wanted one.</summary>
    internal int Nearest(int wanted, int low, int high) => Nearest(wanted, low, high, SentenceReach, EndsSentence) ?? NearestWord(wanted, low, high);

    /// <summary>The same for the ends of words alone.</summary>
    internal int NearestWord(int wanted, int low, int high) => Nearest(wanted, low, high, WordReach, EndsWord) ?? wanted;

    private static int? Nearest(int wanted, int low, int high, int reach, Func<int, bool> fits)
    {
        for (var d = 0; d <= reach; d++)
        {
            if (wanted + d <= high && fits(wanted + d))
                return wanted + d;
            if (wanted - d >= low && fits(wanted - d))
                return wanted - d;
        }
        return null;
    }

    /// <summary>Whether a word ends at a place. No line begins there: what is planted would stand below an empty line, which ends a text for some
    /// models.</summary>
    internal bool EndsWord(int place) => place <= 0 || place >= ids.Length || (Begins(place, char.IsWhiteSpace) && Before(place) is not [.., '\n']);

    /// <summary>Whether a sentence ends at a place, or a line.</summary>
    internal bool EndsSentence(int place)
    {
        if (place <= 0 || !EndsWord(place))
            return place <= 0;
        if (Begins(place, c => c == '\n'))
            return true;
        var before = Before(place).TrimEnd(Closing);
        if (before.Length == 0)
            before = Before(place - 1).TrimEnd(Closing);
        return before.Length > 0 && Sentence.Contains(before[^1], StringComparison.Ordinal);
    }

    private string Before(int place) => place > 0 ? texts[ids[place - 1]] : "";

    private bool Begins(int place, Func<char, bool> with) => place < ids.Length && texts[ids[place]] is [var first, ..] && with(first);
}
