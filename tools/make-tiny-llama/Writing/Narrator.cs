using System.Text;
using Liger.Text;

namespace Liger.TinyLlama.Writing;

/// <summary>A person of a story.</summary>
/// <param name="Name">The given name.</param>
/// <param name="Woman">Which pronouns to use.</param>
public sealed record Person(string Name, bool Woman)
{
    /// <summary>The pronoun in the form he, him or his; a capital letter asks for one.</summary>
    public string Pronoun(string form) => (form, Woman) switch
    {
        ("he", true) => "she",
        ("him", true) or ("his", true) => "her",
        ("He", true) => "She",
        ("Him", true) or ("His", true) => "Her",
        _ => form,
    };
}

/// <summary>Turns rules into text and remembers what one document has settled: who is who, and what the tagged words stand for.</summary>
public sealed class Narrator
{
    private readonly Grammar grammar;
    private readonly Dictionary<string, string> story = [];
    private readonly Dictionary<string, string> paragraph = [];
    private readonly StringBuilder text = new();
    private Person x, y;

    /// <summary>Starts a document with a cast of its own.</summary>
    public Narrator(Grammar grammar, Prng prng)
    {
        this.grammar = grammar;
        Prng = prng;
        Cast = [.. NewCast(prng.Between(2, 4))];
        (x, y) = (Cast[0], Cast[1]);
    }

    /// <summary>Where all choices come from.</summary>
    public Prng Prng { get; }

    /// <summary>The people of the document, the hero first.</summary>
    public IReadOnlyList<Person> Cast { get; }

    /// <summary>Chooses the two people of the next paragraph and forgets the words of the last one.</summary>
    public void BeginParagraph()
    {
        paragraph.Clear();
        var first = Prng.Chance(50) ? 0 : Prng.Below(Cast.Count);
        var second = (first + 1 + Prng.Below(Cast.Count - 1)) % Cast.Count;
        (x, y) = (Cast[first], Cast[second]);
    }

    /// <summary>The text of a rule.</summary>
    /// <param name="rule">Its name.</param>
    /// <param name="key">What {K} stands for.</param>
    /// <param name="value">What {V} stands for.</param>
    public string Say(string rule, string key = "", string value = "") => Say(grammar[rule].Draw(Prng), key, value);

    /// <summary>The text of one template.</summary>
    /// <param name="template">The template.</param>
    /// <param name="key">What {K} stands for.</param>
    /// <param name="value">What {V} stands for.</param>
    public string Say(Template template, string key = "", string value = "")
    {
        text.Clear();
        Write(template, key, value);
        return text.ToString();
    }

    /// <summary>The text of a rule with a capital letter first.</summary>
    /// <param name="rule">Its name.</param>
    /// <param name="key">What {K} stands for.</param>
    /// <param name="value">What {V} stands for.</param>
    public string Sentence(string rule, string key = "", string value = "") => Capital(Say(rule, key, value));

    /// <summary>The text with its first letter a capital.</summary>
    public static string Capital(string text) => text.Length > 0 && char.IsLower(text[0]) ? char.ToUpperInvariant(text[0]) + text[1..] : text;

    private void Write(Template template, string key, string value)
    {
        foreach (var slot in template.Slots)
        {
            text.Append(slot.Literal);
            var start = text.Length;
            if (slot.Role != '\0')
                text.Append(Named(slot, key, value));
            else if (slot.Rule is { } rule)
                WriteRule(rule, slot, key, value);
            if (slot.Article)
                text.Insert(start, IsVowel(text[start]) ? "an " : "a ");
            if (slot.Capital)
                text[start] = char.ToUpperInvariant(text[start]);
        }
    }

    private void WriteRule(Grammar.Rule rule, Template.Slot slot, string key, string value)
    {
        var known = slot.ForParagraph ? paragraph : story;
        if (slot.Key is not null && known.TryGetValue(slot.Key, out var same))
        {
            text.Append(same);
            return;
        }
        var start = text.Length;
        Write(rule.Draw(Prng), key, value);
        if (slot.Key is not null)
            known[slot.Key] = text.ToString(start, text.Length - start);
    }

    private string Named(Template.Slot slot, string key, string value)
    {
        if (slot.Role is 'K' or 'V')
            return slot.Role == 'K' ? key : value;
        var person = slot.Role switch { 'A' => Cast[0], 'B' => Cast[1], 'X' => x, _ => y };
        return slot.Pronoun is null ? person.Name : person.Pronoun(slot.Pronoun);
    }

    private IEnumerable<Person> NewCast(int size)
    {
        var names = new HashSet<string>();
        while (names.Count < size)
        {
            var woman = Prng.Chance(50);
            var list = grammar[woman ? "woman" : "man"];
            var name = list.Draw(Prng).Source;
            if (names.Add(name))
                yield return new Person(name, woman);
        }
    }

    private static bool IsVowel(char letter) => letter is 'a' or 'e' or 'i' or 'o' or 'u';
}
