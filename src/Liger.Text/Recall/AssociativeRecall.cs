namespace Liger.Text;

/// <summary>What the keys and values of associative recall are.</summary>
public enum AssociativeKind
{
    /// <summary>Words of two disjoint halves of a list: "lamp -> moon, ring -> lake, …".</summary>
    Words,

    /// <summary>Single tokens of the vocabulary that are words, keys and values of two disjoint halves, nothing between them.</summary>
    Tokens,

    /// <summary>Lines of a name and a number of 4 digits: "Ada: 4821".</summary>
    Digits,
}

/// <summary>
/// Multi-query associative recall: pairs of key and value, then keys in random order, each followed by its value, which is to be predicted. Numbered
/// by pairs; the same number gives the same case. Source: MQAR of Arora et al., Zoology, 2023. Differs: tokens or words of a trained model's own
/// vocabulary; the queries follow the pairs at once, without filling between them.
/// </summary>
public sealed class AssociativeRecall
{
    private const int ShortestWord = 2;
    private const string Word = "word", Arrow = " {key} -> {value},";
    private static readonly ListTemplate Numbers = new(RecallTemplates.NameKind, "digits 4", "", "{key}: {value}", "", "\n");

    private readonly Tokenizer tokenizer;
    private readonly AssociativeKind kind;
    private readonly long seed;
    private readonly PassageEncoder encoder;
    private readonly List<int> tokens;
    private readonly List<string> words;

    /// <summary>Cases for a tokenizer.</summary>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="kind">What keys and values are.</param>
    /// <param name="seed">Decides everything that is drawn.</param>
    /// <param name="words">The words to take, at least 2; null takes the built-in ones.</param>
    public AssociativeRecall(Tokenizer tokenizer, AssociativeKind kind = AssociativeKind.Words, long seed = 0, IEnumerable<string>? words = null)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        (this.tokenizer, this.kind, this.seed) = (tokenizer, kind, seed);
        encoder = new PassageEncoder(tokenizer);
        var texts = new TokenTexts(tokenizer);
        var all = kind == AssociativeKind.Tokens ? Enumerable.Range(0, tokenizer.VocabularySize) : [];
        tokens = [.. all.Where(id => IsWord(id, texts))];
        new Prng((ulong)seed).Shuffle(tokens);
        this.words = [.. words ?? RecallTemplates.Default.Words.All(Word)];
        new Prng((ulong)seed).Shuffle(this.words);
    }

    /// <summary>Several cases of several sizes.</summary>
    /// <param name="pairs">Sizes: pairs of a case.</param>
    /// <param name="each">Cases of each size.</param>
    /// <param name="queries">Pairs that are asked for, at most all; null asks for all.</param>
    public IEnumerable<RecallWindow> Of(IEnumerable<int> pairs, int each, int? queries = null) =>
        pairs.SelectMany(size => Enumerable.Range(0, each).Select(number => Case(size, number, queries)));

    /// <summary>One case.</summary>
    /// <param name="pairs">Pairs, from 1.</param>
    /// <param name="number">Which.</param>
    /// <param name="queries">Pairs that are asked for, at most all; null asks for all.</param>
    /// <exception cref="TextException">There are not that many keys.</exception>
    public RecallWindow Case(int pairs, int number, int? queries = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(pairs, 1);
        var prng = new Prng((ulong)seed, ((ulong)pairs << 32) | (uint)number);
        var drawn = kind switch
        {
            AssociativeKind.Words => Halves(prng, words, pairs, (key, value) => encoder.Asked(Pointing(key), value, toItsEnd: true)),
            AssociativeKind.Tokens => Halves(prng, tokens, pairs, (key, value) => new Passage([key, value], [new AnswerSpan(1, 1)])),
            _ => Lines(prng, pairs),
        };
        List<Passage> said = [.. drawn.Select(pair => pair with { Answers = [] })];
        prng.Shuffle(drawn);
        int[] begin = tokenizer.BosId is { } id ? [id] : [];
        var all = Passage.Joined([new Passage(begin, []), .. said, .. drawn.Take(queries ?? pairs)]);
        return new RecallWindow(all.Ids, all.Answers) { Pairs = pairs };
    }

    private static string Pointing(string key) => Arrow.Replace(RecallTemplates.Key, key, StringComparison.Ordinal);

    private static List<Passage> Halves<T>(Prng prng, List<T> all, int pairs, Func<T, T, Passage?> made)
    {
        var half = all.Count / 2;
        var (keys, values) = (all[..half], all[half..]);
        prng.Shuffle(keys);
        prng.Shuffle(values);
        List<Passage> drawn = [.. keys.Zip(values, made).OfType<Passage>().Take(pairs)];
        return drawn.Count == pairs ? drawn : throw TooMany(pairs, drawn.Count);
    }

    private List<Passage> Lines(Prng prng, int pairs)
    {
        var book = new FactBook(RecallTemplates.Default, encoder, prng);
        var lines = new List<Passage>();
        while (lines.Count < pairs)
            lines.Add(book.Pair(Numbers) ?? throw TooMany(pairs, lines.Count));
        return lines;
    }

    private bool IsWord(int id, TokenTexts texts) =>
        !tokenizer.IsSpecial(id) && tokenizer.IdToToken(id) is not null
        && texts[id] is var text && text.Length > ShortestWord && text[0] == ' ' && text.AsSpan(1).IndexOfAnyExceptInRange('a', 'z') < 0;

    private static TextException TooMany(int pairs, int there) =>
        new($"associative recall: {pairs} pairs — expected at most {there}, as many as there are keys. Ask for fewer.");
}
