using System.Text;
using Liger.Text;
using Liger.TinyLlama.Writing;

namespace Liger.TinyLlama.Needles;

/// <summary>
/// Writes recall cases for a tokenizer: some story, the sentence with the fact, exactly <c>distance</c> tokens of story, which may state other
/// facts, and the question. What stands before the fact is of random length, so that the case may end anywhere in the context.
/// </summary>
/// <param name="grammar">What the story is made of.</param>
/// <param name="tokenizer">Counts the tokens.</param>
/// <param name="context">Tokens that prompt and answer may have together.</param>
public sealed class NeedleWriter(Grammar grammar, Tokenizer tokenizer, int context)
{
    private const int OtherFactPercent = 12;
    private const int LongestSentence = 48;
    private const int ShortestSentence = 12;
    private const int Tries = 400;
    private static readonly string[] Kinds = ["number", "box", "code", "hide", "password", "home"];
    private static readonly string[] Filler = ["scene.walk", "scene.look", "scene.act", "scene.eat", "scene.talk", "scene.think", "scene.news"];

    /// <summary>One case.</summary>
    /// <param name="prng">Where its choices come from.</param>
    /// <param name="distance">Tokens between fact and question.</param>
    /// <exception cref="InvalidOperationException">The context is too small for the distance.</exception>
    public NeedleCase Write(Prng prng, int distance)
    {
        for (var tries = 0; tries < Tries; tries++)
            if (Attempt(prng, distance) is { } made)
                return made;
        throw new InvalidOperationException($"needle: no case of distance {distance} fits into {context} tokens. Ask for a shorter distance.");
    }

    private NeedleCase? Attempt(Prng prng, int distance)
    {
        var narrator = new Narrator(grammar, prng);
        var book = new FactBook(grammar, narrator);
        var fact = book.Draw(prng.Pick(Kinds));
        var said = " " + book.Plant(fact);
        var asked = narrator.Say(grammar[$"{fact.Kind}.ask"].Alternatives[0], fact.Key, fact.Value);
        var answer = " " + fact.Value;
        var question = asked[..asked.LastIndexOf(answer, StringComparison.Ordinal)];
        var between = Story(narrator, book, distance);
        if (between is null)
            return null;
        var rest = said + between + question + answer;
        var room = context - 1 - Count(rest);
        if (room < 0)
            return null;
        var prompt = (Story(narrator, book, prng.Below(room + 1), end: null) + said + between + question).TrimStart();
        var ids = tokenizer.EncodeToIds(prompt);
        var whole = tokenizer.EncodeToIds(prompt + answer);
        var answerIds = tokenizer.EncodeToIds(answer, addSpecialTokens: false);
        var joinsCleanly = whole.Count <= context && whole.SequenceEqual(ids.Concat(answerIds)) && Count(between + question) == distance + Count(question);
        return joinsCleanly ? new NeedleCase(prompt, answer, distance, ids, answerIds) : null;
    }

    private int Count(string text) => tokenizer.EncodeToIds(text, addSpecialTokens: false).Count;

    // Whole sentences, each after a space, of that many tokens together. With an end, one is looked for that fills them exactly with that end after it;
    // without, it stops before they are full.
    private string? Story(Narrator narrator, FactBook book, int tokens, string? end = "\n")
    {
        var text = new StringBuilder();
        for (var tries = 0; tries < Tries; tries++)
        {
            if (narrator.Prng.Chance(30))
                narrator.BeginParagraph();
            var far = tokens > 2 * LongestSentence;
            var sentence = " " + (far && narrator.Prng.Chance(OtherFactPercent) ? book.Plant() : narrator.Sentence(narrator.Prng.Pick(Filler)));
            if (end is not null && Count(sentence + end) == tokens)
                return text.Append(sentence).Append(end).ToString();
            var count = Count(sentence);
            if (far ? count < tokens - LongestSentence : count < tokens - ShortestSentence)
            {
                text.Append(sentence);
                tokens -= count;
            }
        }
        return end is null ? text.ToString() : null;
    }
}
