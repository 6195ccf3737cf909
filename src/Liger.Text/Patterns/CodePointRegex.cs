namespace Liger.Text;

/// <summary>
/// A regular expression over code points, in the syntax of Oniguruma as far as splitting patterns use it. Of our own because the one
/// of .NET matches UTF-16 units, so that its \p{L} misses every letter above U+FFFF. What it does not know is an error, never ignored.
/// </summary>
internal sealed class CodePointRegex
{
    /// <summary>Steps allowed for a text: generous for any sensible pattern, short for one that explodes.</summary>
    private const int StepsAtLeast = 1_000_000, StepsPerChar = 2_000;

    private readonly PatternNode root;

    /// <summary>Compiles a pattern.</summary>
    /// <exception cref="TextException">The pattern is broken or uses something unknown.</exception>
    public CodePointRegex(string pattern) => root = new PatternParser(pattern).Parse();

    /// <summary>The matches that do not overlap, leftmost first, empty ones left out.</summary>
    public List<(int Start, int Length)> Matches(ReadOnlySpan<char> text)
    {
        var matches = new List<(int, int)>();
        var input = new PatternInput(text, StepsAtLeast + ((long)StepsPerChar * text.Length));
        for (var index = 0; index < text.Length;)
        {
            var end = root.Match(ref input, index);
            if (end > index)
            {
                matches.Add((index, end - index));
                index = end;
            }
            else
            {
                CharacterClass.CodePoint(text, index, out var length);
                index += length;
            }
        }
        return matches;
    }
}
