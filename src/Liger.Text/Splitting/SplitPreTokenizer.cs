namespace Liger.Text;

/// <summary>What becomes of the separators that a <see cref="SplitPreTokenizer"/> finds.</summary>
internal enum SplitBehavior
{
    Removed,
    Isolated,
    MergedWithPrevious,
    MergedWithNext,
    Contiguous,
}

/// <summary>Splits at what a pattern matches, or, inverted, at what it does not match.</summary>
internal sealed class SplitPreTokenizer(Func<string, List<(int Start, int Length)>> find, SplitBehavior behavior, bool invert) : PreTokenizer
{
    public override void Split(TextPiece piece, List<TextPiece> output)
    {
        var text = piece.Span.ToString();
        var parts = new List<(int Start, int Length, bool Separator)>();
        var done = 0;
        foreach (var (start, length) in find(text))
        {
            if (start > done)
                parts.Add((done, start - done, invert));
            parts.Add((start, length, !invert));
            done = start + length;
        }
        if (done < text.Length)
            parts.Add((done, text.Length - done, invert));
        foreach (var (start, length) in Combine(parts))
            output.Add(piece.Slice(start, length));
    }

    private List<(int Start, int Length)> Combine(List<(int Start, int Length, bool Separator)> parts)
    {
        var result = new List<(int Start, int Length)>(parts.Count);
        bool? previous = null;
        for (var i = 0; i < parts.Count; i++)
        {
            var (start, length, separator) = parts[i];
            var joins = behavior switch
            {
                SplitBehavior.MergedWithPrevious => separator && previous == false,
                SplitBehavior.MergedWithNext => !separator && previous == true,
                SplitBehavior.Contiguous => separator == previous,
                _ => false,
            };
            if (separator && behavior == SplitBehavior.Removed)
                continue;
            if (joins)
                result[^1] = (result[^1].Start, result[^1].Length + length);
            else
                result.Add((start, length));
            previous = separator;
        }
        return result;
    }
}
