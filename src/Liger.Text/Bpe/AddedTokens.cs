using System.Buffers;

namespace Liger.Text;

/// <summary>A token that is looked for in the text before anything else.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Content">Its spelling.</param>
/// <param name="Special">Whether it stands for no text.</param>
/// <param name="Normalized">Whether it is looked for in the normalized text.</param>
/// <param name="SingleWord">Whether it counts only where no word character touches it.</param>
/// <param name="StripLeft">Whether it swallows the spaces before it.</param>
/// <param name="StripRight">Whether it swallows the spaces after it.</param>
internal sealed record AddedToken(int Id, string Content, bool Special, bool Normalized = false, bool SingleWord = false, bool StripLeft = false, bool StripRight = false);

/// <summary>Finds added tokens in a text: leftmost, then longest.</summary>
internal sealed class AddedTokenFinder
{
    private readonly Dictionary<char, List<(string Spelling, AddedToken Token)>> byFirst = [];
    private readonly SearchValues<char> firsts;

    public AddedTokenFinder(IEnumerable<AddedToken> tokens, Func<string, string> spell)
    {
        foreach (var token in tokens)
        {
            var spelling = spell(token.Content);
            if (spelling.Length == 0)
                continue;
            if (!byFirst.TryGetValue(spelling[0], out var list))
                byFirst[spelling[0]] = list = [];
            if (!list.Any(t => t.Spelling == spelling))
                list.Add((spelling, token));
        }
        foreach (var list in byFirst.Values)
            list.Sort((a, b) => b.Spelling.Length.CompareTo(a.Spelling.Length));
        firsts = SearchValues.Create([.. byFirst.Keys]);
    }

    /// <summary>Whether there is anything to look for.</summary>
    public bool IsEmpty => byFirst.Count == 0;

    /// <summary>Adds the parts of a text in order: (start, length, null) for text, (…, token) for a token found.</summary>
    public void Find(ReadOnlySpan<char> text, List<(int Start, int Length, AddedToken? Token)> output)
    {
        var done = 0;
        for (var index = 0; index < text.Length;)
        {
            var step = text[index..].IndexOfAny(firsts);
            if (step < 0)
                break;
            index += step;
            if (Longest(text[index..]) is not var (spelling, token))
            {
                index++;
                continue;
            }
            var (start, end) = (index, index + spelling.Length);
            index = end;
            if (token.SingleWord && (EndsWithWord(text[..start]) || StartsWithWord(text[end..])))
                continue;
            if (token.StripLeft)
                start = Math.Max(text[..start].TrimEnd().Length, done);
            if (token.StripRight)
                end = text.Length - text[end..].TrimStart().Length;
            if (done < start)
                output.Add((done, start - done, null));
            output.Add((start, end - start, token));
            done = end;
        }
        if (done < text.Length)
            output.Add((done, text.Length - done, null));
    }

    private (string Spelling, AddedToken Token)? Longest(ReadOnlySpan<char> text)
    {
        foreach (var candidate in byFirst[text[0]])
            if (text.StartsWith(candidate.Spelling, StringComparison.Ordinal))
                return candidate;
        return null;
    }

    private static bool StartsWithWord(ReadOnlySpan<char> text) => text.Length > 0 && CharacterClass.IsWord(CharacterClass.CodePoint(text, 0, out _));

    private static bool EndsWithWord(ReadOnlySpan<char> text) =>
        text.Length > 0 && CharacterClass.IsWord(text.Length > 1 && char.IsSurrogatePair(text[^2], text[^1]) ? char.ConvertToUtf32(text[^2], text[^1]) : text[^1]);
}
