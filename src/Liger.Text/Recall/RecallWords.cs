using System.Globalization;
using System.Text;

namespace Liger.Text;

/// <summary>Draws keys and values by the name of their kind: see <see cref="RecallTemplates"/>.</summary>
internal sealed class RecallWords
{
    private const string Digits = "digits ", Syllables = "syllables", Pseudonym = "pseudonym";
    private const int MostDigits = 9;
    private static readonly string[] Onsets =
        ["b", "br", "c", "d", "dr", "f", "g", "gr", "h", "j", "k", "l", "m", "n", "p", "r", "s", "st", "t", "tr", "v", "w", "z"];

    private static readonly string[] Vowels = ["a", "e", "i", "o", "u", "ai", "ea", "or", "an", "el", "in", "on", "ar", "is"];
    private static readonly string[] Ends = ["", "n", "l", "m", "r", "s", "th", "ka", "mir", "do", "va", "len"];

    private readonly Dictionary<string, Part[][]> lists;

    private RecallWords(Dictionary<string, Part[][]> lists) => this.lists = lists;

    internal static RecallWords None { get; } = new([]);

    /// <summary>A word of a kind.</summary>
    internal string Draw(Prng prng, string kind)
    {
        if (lists.TryGetValue(kind, out var list))
            return Draw(prng, list[prng.Below(list.Length)]);
        if (kind.StartsWith(Digits, StringComparison.Ordinal))
            return Number(prng, kind);
        var word = Made(prng);
        return kind == Pseudonym ? char.ToUpperInvariant(word[0]) + word[1..] : word;
    }

    /// <summary>The words of a list that names no other kinds.</summary>
    internal IEnumerable<string> All(string list) => lists[list].Select(parts => parts.Single().Text);

    /// <summary>The same with one more list, in the place of one of that name.</summary>
    internal RecallWords With(string name, IEnumerable<string> words) =>
        new(new Dictionary<string, Part[][]>(lists) { [name] = [.. words.Select(word => new[] { new Part(word, null) })] });

    /// <summary>The same with the lists of a file.</summary>
    internal RecallWords With(JsonValue members)
    {
        var all = new Dictionary<string, Part[][]>(lists);
        foreach (var (name, words) in members.Members())
            all[name] = [.. words.Items().Select(word => Parts(word.Text()))];
        var result = new RecallWords(all);
        foreach (var (name, words) in members.Members())
            result.Check(words, name, []);
        return result;
    }

    /// <summary>The name of a kind that can be drawn; a text that names kinds in braces becomes a kind of its own.</summary>
    internal string Kind(JsonValue value)
    {
        var kind = value.Text();
        if (kind.Contains('{', StringComparison.Ordinal) && lists.TryAdd(kind, [Parts(kind)]))
            Check(value, kind, []);
        return Knows(kind) ? kind : throw value.Error($"no kind '{kind}' — expected {Kinds}.");
    }

    private string Kinds =>
        $"\"digits N\", \"digits N-M\" (up to {MostDigits}), {Syllables}, {Pseudonym}, one of words ({string.Join(", ", lists.Keys)}), or a text with such in braces";

    private bool Knows(string kind) => kind is Syllables or Pseudonym || lists.ContainsKey(kind) || Range(kind) is not null;

    private void Check(JsonValue place, string name, List<string> above)
    {
        if (above.Contains(name))
            throw place.Error($"the words of '{name}' name themselves — expected no circle: {string.Join(" → ", above.Append(name))}.");
        if (!lists.TryGetValue(name, out var list))
            return;
        if (list.Length == 0)
            throw place.Error($"no words for '{name}' — expected at least one.");
        foreach (var kind in list.SelectMany(parts => parts).Select(part => part.Kind).OfType<string>().Distinct())
        {
            if (!Knows(kind))
                throw place.Error($"no kind '{kind}' — expected {Kinds}.");
            Check(place, kind, [.. above, name]);
        }
    }

    private string Draw(Prng prng, Part[] parts)
    {
        if (parts is [{ Kind: null, Text: var only }])
            return only;
        var text = new StringBuilder();
        foreach (var part in parts)
            text.Append(part.Kind is null ? part.Text : Draw(prng, part.Kind));
        return text.ToString();
    }

    private static Part[] Parts(string text)
    {
        var parts = new List<Part>();
        for (var at = 0; at < text.Length;)
        {
            var open = text.IndexOf('{', at);
            var close = open < 0 ? -1 : text.IndexOf('}', open);
            if (close < 0)
                open = text.Length;
            if (open > at)
                parts.Add(new Part(text[at..open], null));
            if (close > 0)
                parts.Add(new Part("", text[(open + 1)..close]));
            at = close < 0 ? text.Length : close + 1;
        }
        return [.. parts];
    }

    private static string Number(Prng prng, string kind)
    {
        var (low, high) = Range(kind)!.Value;
        var digits = prng.Between(low, high);
        var (from, to) = (digits == 1 ? 0 : (int)Math.Pow(10, digits - 1), (int)Math.Pow(10, digits) - 1);
        return prng.Between(from, to).ToString(CultureInfo.InvariantCulture);
    }

    private static (int Low, int High)? Range(string kind)
    {
        if (!kind.StartsWith(Digits, StringComparison.Ordinal))
            return null;
        var ends = kind[Digits.Length..].Split('-');
        return ends.Length <= 2 && int.TryParse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture, out var low)
            && int.TryParse(ends[^1], NumberStyles.None, CultureInfo.InvariantCulture, out var high)
            && low >= 1 && high >= low && high <= MostDigits
            ? (low, high) : null;
    }

    private static string Made(Prng prng)
    {
        var text = new StringBuilder();
        for (var i = prng.Between(2, 3); i > 0; i--)
            text.Append(prng.Pick(Onsets)).Append(prng.Pick(Vowels));
        return text.Append(prng.Pick(Ends)).ToString();
    }

    private readonly record struct Part(string Text, string? Kind);
}
