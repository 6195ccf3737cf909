namespace Liger.TinyLlama.Writing;

/// <summary>Something that a text has said once and may ask for later.</summary>
/// <param name="Kind">The kind, one of the rule <c>kinds</c> of the grammar.</param>
/// <param name="Key">Who or what it is about.</param>
/// <param name="Value">What is to be recalled.</param>
public sealed record Fact(string Kind, string Key, string Value);

/// <summary>The facts of one document: each key once a kind, so that every question has one answer.</summary>
public sealed class FactBook(Grammar grammar, Narrator narrator)
{
    private readonly List<Fact> facts = [];
    private readonly HashSet<(string Kind, string Key)> taken = [];
    private readonly IReadOnlyList<string> kinds = grammar.Words("kinds");
    private int asked;

    /// <summary>How many facts have been planted.</summary>
    public int Count => facts.Count;

    /// <summary>The facts so far, oldest first.</summary>
    public IReadOnlyList<Fact> Facts => facts;

    /// <summary>Draws a new fact and gives the sentence that plants it.</summary>
    /// <param name="kind">Its kind, or null for any.</param>
    public string Plant(string? kind = null) => Plant(Draw(kind));

    /// <summary>The sentence that plants this fact.</summary>
    /// <param name="fact">A fact of this book's <see cref="Draw"/>.</param>
    public string Plant(Fact fact)
    {
        facts.Add(fact);
        return narrator.Sentence($"{fact.Kind}.say", fact.Key, fact.Value);
    }

    /// <summary>A sentence that asks for one of the facts and answers it; the oldest that was not asked for yet, or any.</summary>
    /// <param name="talk">How many times of a hundred in a conversation instead of in the narrator's voice.</param>
    public string Recall(int talk)
    {
        var prng = narrator.Prng;
        var fact = asked < facts.Count && prng.Chance(40) ? facts[asked++] : prng.Pick(facts);
        return narrator.Sentence($"{fact.Kind}.{(prng.Chance(talk) ? "talk" : "ask")}", fact.Key, fact.Value);
    }

    /// <summary>A new fact, its key not yet taken by another of its kind.</summary>
    /// <param name="wanted">Its kind, or null for any.</param>
    public Fact Draw(string? wanted = null)
    {
        while (true)
        {
            var kind = wanted ?? narrator.Prng.Pick(kinds);
            var key = narrator.Prng.Chance(30) && grammar[$"{kind}.key"].Alternatives[0].Source == "{person}"
                ? narrator.Prng.Pick(narrator.Cast).Name
                : narrator.Say($"{kind}.key");
            if (taken.Add((kind, key)))
                return new Fact(kind, key, narrator.Say($"{kind}.value"));
            wanted = null;
        }
    }
}
