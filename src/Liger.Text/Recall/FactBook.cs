namespace Liger.Text;

/// <summary>Draws the facts and pairs of one window: each key once, so that every question has one answer.</summary>
internal sealed class FactBook(RecallTemplates templates, PassageEncoder encoder, Prng prng)
{
    // Keys of a kind may run out, and a tokenizer may join a value with its neighbours; neither happens often.
    private const int Tries = 50;
    private readonly HashSet<(object Template, string Key)> taken = [];

    /// <summary>Keys of the facts so far.</summary>
    internal List<string> Keys { get; } = [];

    /// <summary>A new fact: what says it, and what asks for it.</summary>
    /// <param name="toItsEnd">Whether the question goes on behind the answer.</param>
    /// <returns>Null where no new one is found.</returns>
    internal (Passage Said, Passage Asked)? Fact(bool toItsEnd)
    {
        for (var tries = 0; tries < Tries; tries++)
        {
            var template = prng.Pick(templates.Facts);
            var (key, value) = Draw(template.Key, template.Value);
            var asked = $"\n{Bound(template.Question, key)}{(template.Question.Length > 0 ? " " : "")}{Bound(template.Answer, key)}";
            if (!taken.Add((template, key)) || encoder.Asked(asked, value, toItsEnd) is not { } question)
                continue;
            Keys.Add(key);
            return (encoder.Said(" " + Bound(template.Fact, key).Replace(RecallTemplates.Value, value, StringComparison.Ordinal)), question);
        }
        return null;
    }

    /// <summary>A new pair of a list, as the question for its value.</summary>
    /// <returns>Null where no new one is found.</returns>
    internal Passage? Pair(ListTemplate template)
    {
        for (var tries = 0; tries < Tries; tries++)
        {
            var (key, value) = Draw(template.Key, template.Value);
            if (taken.Add((template, key)) && encoder.Asked(template.Separator + Bound(template.Line, key), value, toItsEnd: true) is { } pair)
                return pair;
        }
        return null;
    }

    private (string Key, string Value) Draw(string key, string value) => (templates.Words.Draw(prng, key), templates.Words.Draw(prng, value));

    private static string Bound(string text, string key) => text.Replace(RecallTemplates.Key, key, StringComparison.Ordinal);
}
