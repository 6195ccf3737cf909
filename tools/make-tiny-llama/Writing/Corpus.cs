using Liger.Text;

namespace Liger.TinyLlama.Writing;

/// <summary>The texts of a seed, numbered: the same number gives the same text, whichever thread asks for it.</summary>
/// <param name="grammar">What they are made of.</param>
/// <param name="seed">Which texts.</param>
public sealed class Corpus(Grammar grammar, ulong seed)
{
    /// <summary>How many of a hundred texts are stories; the others are dense in recall. About 60 % of the text either way.</summary>
    public const int StoryPercent = 60;

    /// <summary>How many tokens the model sees at once; recall must happen within.</summary>
    public const int Context = 512;

    private readonly StoryWriter stories = new(grammar);
    private readonly RecallWriter recall = new(grammar);

    /// <summary>The writer of the texts that are dense in recall.</summary>
    public RecallWriter Recall => recall;

    /// <summary>The text of that number.</summary>
    public string this[long number] => Write(Stream(number));

    /// <summary>The random source of that number.</summary>
    public Prng Stream(long number) => new(seed, (ulong)number);

    /// <summary>A text from a random source of the caller's.</summary>
    public string Write(Prng prng) => prng.Chance(StoryPercent)
        ? stories.Write(prng, prng.Between(150, 900))
        : recall.Write(prng, prng.Chance(60) ? prng.Between(440, Context - 12) : prng.Between(60, 440));

    /// <summary>Texts until they have that many characters, an empty line between any two.</summary>
    public IEnumerable<string> Texts(long characters)
    {
        for (long number = 0, written = 0; written < characters; number++)
        {
            var text = this[number];
            written += text.Length + 2;
            yield return text;
        }
    }
}
