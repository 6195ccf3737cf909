namespace Liger.Text;

/// <summary>
/// Windows to train recall on, numbered: the same number gives the same window, whichever thread asks and in whatever order. A window has exactly
/// <see cref="RecallOptions.Context"/> tokens: running text in which facts are planted where sentences end and asked for later, or in which a
/// list stands whose pairs are asked for in another order. Safe to use from several threads.
/// </summary>
public sealed class RecallWindows
{
    // Of a window, what facts with their questions, a list, and a list's questions take at least and at most, in percent.
    private static readonly (int Low, int High) FactsPercent = (10, 60), ListPercent = (10, 35), QueriesPercent = (10, 45);

    // Questions for one fact at most; where a question stands at the earliest, in percent of the text.
    private const int MostQuestions = 3, EarliestPercent = 20;

    // Of the text, the first percent in which a far fact is said, and from which on it is asked for.
    private const int FarSaidPercent = 10, FarAskedPercent = 90;
    private const int FewestPairs = 2;

    // Draws of a piece of text in which no key stands.
    private const int Tries = 16;

    private readonly RecallText text;
    private readonly RecallOptions options;
    private readonly RecallComposer composer;
    private readonly PassageEncoder encoder;

    /// <summary>The windows over a text.</summary>
    /// <param name="text">What they are cut from; at least a window's tokens.</param>
    /// <param name="options">Length, seed, wording; null is the defaults.</param>
    /// <exception cref="TextException">The text is too short, or an option is out of range.</exception>
    public RecallWindows(RecallText text, RecallOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        this.text = text;
        this.options = options ?? new RecallOptions();
        this.options.Check();
        composer = new RecallComposer(text, this.options.Context);
        encoder = new PassageEncoder(text.Tokenizer);
    }

    /// <summary>The window of a number.</summary>
    /// <exception cref="TextException">The wording does not fit into the window, or has no values that the tokenizer keeps apart.</exception>
    public RecallWindow this[long number]
    {
        get
        {
            var prng = new Prng((ulong)options.Seed, (ulong)number);
            var templates = options.Templates;
            var isList = templates.Facts.Count == 0 || (templates.Lists.Count > 0 && prng.Unit() < options.ListShare);
            var book = new FactBook(templates, encoder, prng);
            return isList ? List(prng, book) : Facts(prng, book);
        }
    }

    private int Room => options.Context - composer.Begin;

    private RecallWindow Facts(Prng prng, FactBook book)
    {
        var (budget, used) = (Budget(prng, FactsPercent), 0);
        var facts = new List<(Passage Said, Passage Asked, int Questions)>();
        while (book.Fact(toItsEnd: true) is { } fact)
        {
            var questions = prng.Between(1, MostQuestions);
            if (facts.Count == 0)
                questions = Math.Min(questions, (Room - fact.Said.Ids.Length) / fact.Asked.Ids.Length);
            var cost = fact.Said.Ids.Length + (questions * fact.Asked.Ids.Length);
            if (questions <= 0 || (facts.Count > 0 && used + cost > budget))
                break;
            used += cost;
            facts.Add((fact.Said, fact.Asked, questions));
        }
        if (facts.Count == 0)
            throw TooLong("fact and question");
        var (start, tokens) = Cut(prng, used, book.Keys);
        var planted = new List<(int, Passage)>();
        foreach (var (said, asked, questions) in facts)
        {
            var isFar = options.FarShare > 0 && prng.Unit() < options.FarShare;
            var places = Enumerable.Range(0, questions).Select(_ => Question(prng, start, tokens, isFar ? FarAskedPercent : EarliestPercent)).ToList();
            planted.Add((Fact(prng, start, Math.Min(places.Min(), isFar ? tokens * FarSaidPercent / 100 : tokens)), said));
            planted.AddRange(places.Select(place => (place, asked)));
        }
        return composer.Window(start, tokens, planted.OrderBy(p => p.Item1));
    }

    private RecallWindow List(Prng prng, FactBook book)
    {
        var template = prng.Pick(options.Templates.Lists);
        var (list, queries) = (Budget(prng, ListPercent), Budget(prng, QueriesPercent));
        var pairs = new List<Passage>();
        var used = 0;
        while (book.Pair(template) is { } pair && (pairs.Count < FewestPairs || used + pair.Ids.Length <= list))
        {
            pairs.Add(pair);
            used += pair.Ids.Length;
        }
        if (pairs.Count == 0)
            throw TooLong("list");
        var said = Passage.Joined([Head(template.Head), .. pairs.Select(pair => pair with { Answers = [] }), encoder.Said("\n")]);
        prng.Shuffle(pairs);
        var taken = pairs.TakeWhile((pair, i) => i == 0 || (queries -= pair.Ids.Length) >= 0).ToList();
        var asked = Passage.Joined([Head(template.Again), .. taken, encoder.Said("\n")]);
        if (said.Ids.Length + asked.Ids.Length > Room)
            throw TooLong("list and questions");
        var (start, tokens) = Cut(prng, said.Ids.Length + asked.Ids.Length, book.Keys);
        var place = Question(prng, start, tokens, EarliestPercent);
        return composer.Window(start, tokens, [(Fact(prng, start, place), said), (place, asked)]);
    }

    private Passage Head(string head) => encoder.Said(head.Length > 0 ? "\n" + head : "");

    private int Budget(Prng prng, (int Low, int High) percent) => Room * prng.Between(percent.Low, percent.High) / 100;

    // The text around what is planted: where it begins, and how many tokens of it there are. It should not speak of what the facts are about.
    private (int Start, int Tokens) Cut(Prng prng, int planted, IReadOnlyList<string> keys)
    {
        var tokens = Room - planted;
        var last = text.Length - tokens;
        for (var tries = 1; ; tries++)
        {
            var start = text.NearestWord(prng.Below(last + 1), 0, last);
            if (tries == Tries || text.Lacks(keys, start, tokens))
                return (start, tokens);
        }
    }

    // One question of two may interrupt a sentence, as questions do.
    private int Question(Prng prng, int start, int tokens, int earliestPercent)
    {
        var wanted = start + prng.Between(tokens * earliestPercent / 100, tokens);
        return (prng.Chance(50) ? text.NearestWord(wanted, start, start + tokens) : text.Nearest(wanted, start, start + tokens)) - start;
    }

    private int Fact(Prng prng, int start, int latest) => text.Nearest(start + prng.Below(latest + 1), start, start + latest) - start;

    private TextException TooLong(string what) => new(
        $"recall: {what} do not fit into {options.Context} tokens, or have no words that this tokenizer keeps apart. Use a longer context or other templates.");
}
