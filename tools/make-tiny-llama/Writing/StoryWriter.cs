using System.Text;
using Liger.Text;

namespace Liger.TinyLlama.Writing;

/// <summary>Writes stories: an opening, paragraphs of scenes in which now and then a fact is planted or asked for, and a closing.</summary>
public sealed class StoryWriter(Grammar grammar)
{
    private const double CharactersPerToken = 3;
    private const int PlantPercent = 35;
    private const int RecallPercent = 35;
    private const int TalkPercent = 50;
    private static readonly string[] Scenes = ["scene.look", "scene.act", "scene.eat", "scene.talk", "scene.think", "scene.news"];

    /// <summary>A whole story, its paragraphs on lines of their own.</summary>
    /// <param name="prng">Where its choices come from.</param>
    /// <param name="tokens">About how long it is, in tokens of a vocabulary of 1,024.</param>
    /// <param name="facts">Whether facts are planted and asked for.</param>
    public string Write(Prng prng, int tokens, bool facts = true)
    {
        var characters = (int)(tokens * CharactersPerToken);
        var narrator = new Narrator(grammar, prng);
        var book = new FactBook(grammar, narrator);
        var text = new StringBuilder(characters + 400);
        text.Append(narrator.Sentence("opening")).Append('\n');
        while (text.Length < characters)
        {
            WriteParagraph(text, narrator, facts ? book : null);
            text.Append('\n');
        }
        if (book.Count > 0)
            text.Append(book.Recall(TalkPercent)).Append('\n');
        return text.Append(narrator.Sentence("closing")).ToString();
    }

    /// <summary>Appends one paragraph: somebody goes somewhere, and two to five things happen.</summary>
    /// <param name="text">Receives the paragraph, without a line end.</param>
    /// <param name="narrator">Who tells it.</param>
    /// <param name="book">Where its facts are kept, or null for none.</param>
    public static void WriteParagraph(StringBuilder text, Narrator narrator, FactBook? book)
    {
        var prng = narrator.Prng;
        narrator.BeginParagraph();
        text.Append(narrator.Sentence(prng.Chance(70) ? "scene.walk" : "scene.think"));
        for (var left = prng.Between(2, 5); left > 0; left--)
        {
            text.Append(' ').Append(narrator.Sentence(prng.Pick(Scenes)));
            if (book is null)
                continue;
            if (prng.Chance(PlantPercent))
                text.Append(' ').Append(book.Plant());
            else if (book.Count > 0 && prng.Chance(RecallPercent))
                text.Append(' ').Append(book.Recall(TalkPercent));
        }
    }
}
