namespace Liger.Text;

/// <summary>
/// Recall cases, numbered by distance: running text, a fact where a sentence ends, exactly that many tokens of text, the question. What stands
/// before the fact is of random length, so that a case may end anywhere in the context. Safe to use from several threads.
/// </summary>
public sealed class RecallCases
{
    // Draws of a place at which the question stands between sentences, or, in the second half, between words, and around which the text does not
    // speak of what it asks for.
    private const int Tries = 64;
    private const ulong OfCases = 1UL << 63;

    private readonly RecallText text;
    private readonly RecallOptions options;
    private readonly RecallComposer composer;
    private readonly PassageEncoder encoder;

    /// <summary>The cases over a text.</summary>
    /// <param name="text">What they are cut from; at least a context's tokens. Text that nothing was trained on.</param>
    /// <param name="options">Context, seed, wording; null is the defaults. Lists make no cases.</param>
    /// <exception cref="TextException">The text is too short, an option is out of range, or there is no template of a fact.</exception>
    public RecallCases(RecallText text, RecallOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        this.text = text;
        this.options = options ?? new RecallOptions();
        this.options.Check();
        if (this.options.Templates.Facts.Count == 0)
            throw new TextException("recall: no template of a fact — expected at least 1 for cases. Give facts beside the lists.");
        composer = new RecallComposer(text, this.options.Context);
        encoder = new PassageEncoder(text.Tokenizer);
    }

    /// <summary>Cases of several distances, the nearest as given first.</summary>
    /// <param name="distances">Tokens between fact and question.</param>
    /// <param name="each">Cases of each distance.</param>
    public IEnumerable<NeedleCase> Of(IEnumerable<int> distances, int each) =>
        distances.SelectMany(distance => Enumerable.Range(0, each).Select(number => this[distance, number]));

    /// <summary>One case.</summary>
    /// <param name="distance">Tokens between the fact and the line that asks for it, from 0.</param>
    /// <param name="number">Which.</param>
    /// <exception cref="TextException">The distance does not fit into the context.</exception>
    public NeedleCase this[int distance, int number]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(distance);
            var prng = new Prng((ulong)options.Seed, OfCases | ((ulong)distance << 32) | (uint)number);
            var book = new FactBook(options.Templates, encoder, prng);
            var (said, asked) = book.Fact(toItsEnd: false)
                ?? throw new TextException("recall: no value of any template has tokens of its own. Use other templates.");
            var room = options.Context - composer.Begin - said.Ids.Length - distance - asked.Ids.Length;
            if (room < 0)
                throw new TextException(
                    $"recall: a distance of {distance} tokens — expected at most {distance + room}, as the context has {options.Context}. Ask for a shorter one.");
            var (start, before) = Cut(prng, book.Keys, distance, prng.Below(room + 1), room);
            var window = composer.Window(start, before + distance, [(before, said), (before + distance, asked)]);
            return Case(window, distance);
        }
    }

    private NeedleCase Case(RecallWindow window, int distance)
    {
        var answer = window.Answers[^1].Start;
        var (prompt, whole) = (window.Ids.AsSpan(composer.Begin, answer - composer.Begin).ToArray(), window.Ids.AsSpan(composer.Begin).ToArray());
        var text = this.text.Tokenizer.Decode(prompt);
        return new NeedleCase(text, this.text.Tokenizer.Decode(whole)[text.Length..], distance, window.Ids[..answer], window.Ids[answer..]);
    }

    // Where the text begins, and how many of its tokens stand before the fact.
    private (int Start, int Before) Cut(Prng prng, IReadOnlyList<string> keys, int distance, int before, int room)
    {
        for (var tries = 1; ; tries++)
        {
            var last = text.Length - distance;
            var place = text.Nearest(prng.Between(before, last), before, last);
            var start = text.NearestWord(place - before, Math.Max(0, place - room), place);
            var asked = place + distance;
            var ends = tries > Tries / 2 ? text.EndsWord(asked) : text.EndsSentence(asked);
            if (tries == Tries || (ends && text.Lacks(keys, start, asked - start)))
                return (start, place - start);
        }
    }
}
