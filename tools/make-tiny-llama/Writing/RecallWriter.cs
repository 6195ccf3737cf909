using System.Text;
using Liger.Text;

namespace Liger.TinyLlama.Writing;

/// <summary>Writes texts that are dense in recall: facts planted between sentences and asked for, lists asked in another order, repeated words.</summary>
public sealed class RecallWriter(Grammar grammar)
{
    // Characters a token of the committed vocabulary: prose is even, lists vary with what they hold (1.3 to 4).
    private const double FactsCharacters = 2.8;
    private const double ListCharacters = 2.2;

    // What a paragraph goes past its end, and a planted fact with its question takes, in characters.
    private const int Overshoot = 150;
    private const int FactCharacters = 110;
    private static readonly string[] Filler = ["scene.walk", "scene.look", "scene.act", "scene.eat", "scene.talk", "scene.think", "scene.news"];

    /// <summary>One text of any of the kinds.</summary>
    /// <param name="prng">Where its choices come from.</param>
    /// <param name="tokens">About how long it is at most, in tokens of a vocabulary of 1,024.</param>
    public string Write(Prng prng, int tokens) => prng.Below(20) switch
    {
        < 8 => Facts(prng, (int)(tokens * FactsCharacters)),
        < 12 => OneQuestion(prng, (int)(tokens * FactsCharacters)),
        < 17 => List(prng, (int)(tokens * ListCharacters)),
        _ => Copies(prng, (int)(tokens * ListCharacters)),
    };

    /// <summary>Many facts, with more or less story between them, the last part mostly questions.</summary>
    public string Facts(Prng prng, int characters)
    {
        var narrator = new Narrator(grammar, prng);
        var book = new FactBook(grammar, narrator);
        var most = prng.Between(2, 12);
        var filler = prng.Below(4) * 28;
        var onlyKind = prng.Chance(35) ? prng.Pick(grammar.Words("kinds")) : null;
        var text = new StringBuilder(characters + 200);
        while (text.Length < characters)
        {
            if (text.Length > 0)
                text.Append(prng.Chance(25) ? '\n' : ' ');
            narrator.BeginParagraph();
            var ending = text.Length > characters * 3 / 4;
            if (book.Count == 0 || (!ending && book.Count < most && prng.Chance(50)))
                text.Append(book.Plant(onlyKind));
            else if (!ending && prng.Chance(filler))
                text.Append(narrator.Sentence(prng.Pick(Filler)));
            else
                text.Append(book.Recall(talk: 15));
        }
        return text.ToString();
    }

    /// <summary>A story with a few facts that are asked for only at its very end.</summary>
    public string OneQuestion(Prng prng, int characters)
    {
        var narrator = new Narrator(grammar, prng);
        var book = new FactBook(grammar, narrator);
        var count = prng.Between(1, 4);
        var text = new StringBuilder(characters + 400);
        var paragraphs = new List<string>();
        while (text.Length < characters - Overshoot - FactCharacters * count)
        {
            var start = text.Length;
            StoryWriter.WriteParagraph(text, narrator, null);
            paragraphs.Add(text.ToString(start, text.Length - start));
        }
        text.Clear();
        var places = Enumerable.Range(0, count).Select(_ => prng.Below(paragraphs.Count + 1)).ToList();
        for (var i = 0; i <= paragraphs.Count; i++)
        {
            foreach (var _ in places.Where(place => place == i))
                text.Append(book.Plant()).Append(' ');
            if (i < paragraphs.Count)
                text.Append(paragraphs[i]).Append(prng.Chance(50) ? '\n' : ' ');
        }
        text[^1] = '\n';
        foreach (var _ in places)
            text.Append(book.Recall(talk: 10)).Append('\n');
        return text.ToString().TrimEnd();
    }

    /// <summary>The parts of a text that asks at its end for what it said at its beginning.</summary>
    /// <param name="prng">Where its choices come from.</param>
    /// <param name="characters">How long the story between is at least.</param>
    public (string Facts, string Story, string Questions) FarApart(Prng prng, int characters)
    {
        var narrator = new Narrator(grammar, prng);
        var book = new FactBook(grammar, narrator);
        var facts = string.Join(' ', Enumerable.Range(0, prng.Between(1, 4)).Select(_ => book.Plant()));
        var story = new StringBuilder(characters + 400);
        while (story.Length < characters)
        {
            StoryWriter.WriteParagraph(story.Append(' '), narrator, null);
            if (prng.Chance(50))
                story.Append('\n').Append(narrator.Sentence(prng.Pick(Filler)));
        }
        return (facts, story.ToString(), string.Join('\n', Enumerable.Range(0, book.Count).Select(_ => book.Recall(talk: 10))));
    }

    /// <summary>Keys with values, then the same keys in other orders until the text is long enough.</summary>
    public string List(Prng prng, int characters)
    {
        var narrator = new Narrator(grammar, prng);
        var line = prng.Pick(grammar.Words("list.line"));
        var (before, after) = (line[3..^3], ""); // between {K} and {V}
        if (!line.EndsWith("{V}", StringComparison.Ordinal))
            (before, after) = (line[3..^4], line[^1..]);
        var (keyRule, valueRule) = (prng.Pick(grammar.Words("list.key")), prng.Pick(grammar.Words("list.value")));
        var pairs = Pairs(narrator, keyRule, valueRule, prng.Between(3, 20));
        var separator = prng.Chance(60) ? '\n' : ' ';
        var text = new StringBuilder(characters + 200);
        text.Append(narrator.Sentence("list.head"));
        do
        {
            foreach (var (key, value) in pairs)
                text.Append(separator).Append(key).Append(before).Append(value).Append(after);
            if (prng.Chance(30))
                text.Append('\n').Append(narrator.Sentence(prng.Pick(Filler)));
            text.Append('\n').Append(narrator.Sentence("list.again"));
            prng.Shuffle(pairs);
        }
        while (text.Length < characters);
        foreach (var (key, value) in pairs)
            text.Append(separator).Append(key).Append(before).Append(value).Append(after);
        return text.ToString();
    }

    /// <summary>A row of words, said again and again.</summary>
    public string Copies(Prng prng, int characters)
    {
        var narrator = new Narrator(grammar, prng);
        var rule = prng.Pick(grammar.Words("copy.word"));
        var row = string.Join(' ', Enumerable.Range(0, prng.Between(4, 40)).Select(_ => narrator.Say(rule)));
        var text = new StringBuilder(characters + 200);
        text.Append(narrator.Sentence("copy.head")).Append(' ').Append(row);
        do
        {
            if (prng.Chance(40))
                text.Append(".\n").Append(narrator.Sentence(prng.Pick(Filler)));
            text.Append('\n').Append(narrator.Sentence("copy.again")).Append(' ').Append(row);
        }
        while (text.Length < characters);
        return text.ToString();
    }

    private static List<(string Key, string Value)> Pairs(Narrator narrator, string keyRule, string valueRule, int count)
    {
        var keys = new HashSet<string>();
        var pairs = new List<(string, string)>(count);
        for (var tries = 0; keys.Count < count && tries < 4 * count; tries++)
        {
            var key = narrator.Say(keyRule);
            if (keys.Add(key))
                pairs.Add((key, narrator.Say(valueRule)));
        }
        return pairs;
    }
}
