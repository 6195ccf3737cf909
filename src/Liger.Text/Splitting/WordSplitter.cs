namespace Liger.Text;

/// <summary>
/// The splitting patterns of GPT-2, Llama 3 and Qwen2 written out as scanners: what their regular expressions match, several times faster.
/// The patterns match every character, so the pieces cover the text.
/// </summary>
internal sealed class WordSplitter : PreTokenizer
{
    /// <summary>The pattern of GPT-2, which ByteLevel uses.</summary>
    public const string Gpt2Pattern = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    /// <summary>The pattern of Llama 3: digits in groups of up to three.</summary>
    public const string Llama3Pattern =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    /// <summary>The pattern of Qwen2: as Llama 3's, but digits one by one.</summary>
    public const string Qwen2Pattern =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    public static readonly WordSplitter Gpt2 = new(isGpt2: true, int.MaxValue);
    public static readonly WordSplitter Llama3 = new(isGpt2: false, 3);
    public static readonly WordSplitter Qwen2 = new(isGpt2: false, 1);

    private readonly bool isGpt2;
    private readonly int maximumDigits;

    private WordSplitter(bool isGpt2, int maximumDigits)
    {
        this.isGpt2 = isGpt2;
        this.maximumDigits = maximumDigits;
    }

    /// <summary>The scanner of a pattern, or null where it is not one of the three.</summary>
    public static WordSplitter? For(string pattern) => pattern switch
    {
        Gpt2Pattern => Gpt2,
        Llama3Pattern => Llama3,
        Qwen2Pattern => Qwen2,
        _ => null,
    };

    public override void Split(TextPiece piece, List<TextPiece> output)
    {
        var text = piece.Span;
        for (var start = 0; start < text.Length;)
        {
            var end = isGpt2 ? EndGpt2(text, start) : EndLlama(text, start);
            output.Add(piece.Slice(start, end - start));
            start = end;
        }
    }

    private static int EndGpt2(ReadOnlySpan<char> text, int start)
    {
        if (text[start] == '\'' && Contraction(text, start, ignoreCase: false) is var contraction and > 0)
            return start + contraction;
        var first = text[start] == ' ' && start + 1 < text.Length ? start + 1 : start;
        var kind = CharacterClass.At(text, first, out var length);
        return kind == CharacterClass.Space ? EndOfSpaces(text, start) : EndOfRun(text, first + length, kind, int.MaxValue);
    }

    private int EndLlama(ReadOnlySpan<char> text, int start)
    {
        var c = text[start];
        if (c == '\'' && Contraction(text, start, ignoreCase: true) is var contraction and > 0)
            return start + contraction;
        var kind = CharacterClass.At(text, start, out var length);
        var next = start + length;
        if (kind == CharacterClass.Letter)
            return EndOfRun(text, next, kind, int.MaxValue);
        if (kind == CharacterClass.Number)
            return EndOfRun(text, next, kind, maximumDigits - 1);
        var nextLength = 0;
        var nextKind = next < text.Length ? CharacterClass.At(text, next, out nextLength) : CharacterClass.Space;
        if (nextKind == CharacterClass.Letter && c is not ('\r' or '\n'))
            return EndOfRun(text, next + nextLength, nextKind, int.MaxValue);
        if (kind == CharacterClass.Other || (c == ' ' && nextKind == CharacterClass.Other))
        {
            var end = EndOfRun(text, kind == CharacterClass.Other ? next : next + nextLength, CharacterClass.Other, int.MaxValue);
            while (end < text.Length && text[end] is '\r' or '\n')
                end++;
            return end;
        }
        var endOfSpaces = EndOfRun(text, next, CharacterClass.Space, int.MaxValue);
        var lastBreak = text[start..endOfSpaces].LastIndexOfAny('\r', '\n');
        return lastBreak >= 0 ? start + lastBreak + 1 : EndOfSpaces(text, start);
    }

    /// <summary>\s+(?!\S)|\s+ : a run of spaces, without its last where something follows. Every space is one char.</summary>
    private static int EndOfSpaces(ReadOnlySpan<char> text, int start)
    {
        var end = EndOfRun(text, start + 1, CharacterClass.Space, int.MaxValue);
        return end < text.Length && end - start > 1 ? end - 1 : end;
    }

    private static int EndOfRun(ReadOnlySpan<char> text, int index, byte kind, int atMost)
    {
        for (; atMost > 0 && index < text.Length && CharacterClass.At(text, index, out var length) == kind; atMost--)
            index += length;
        return index;
    }

    /// <summary>The length of 's 't 'm 'd 're 've 'll at the start, or 0. U+017F folds to s.</summary>
    private static int Contraction(ReadOnlySpan<char> text, int start, bool ignoreCase)
    {
        var first = Fold(text, start + 1, ignoreCase);
        if (first is 's' or 't' or 'm' or 'd')
            return 2;
        var second = Fold(text, start + 2, ignoreCase);
        return (first, second) is ('r', 'e') or ('v', 'e') or ('l', 'l') ? 3 : 0;
    }

    private static char Fold(ReadOnlySpan<char> text, int index, bool ignoreCase)
    {
        if (index >= text.Length)
            return '\0';
        var c = text[index];
        if (!ignoreCase)
            return c;
        return c == '\u017F' ? 's' : char.IsAsciiLetterUpper(c) ? (char)(c | 0x20) : c;
    }
}
