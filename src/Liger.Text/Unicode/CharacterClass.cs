using System.Globalization;
using System.Text;

namespace Liger.Text;

/// <summary>The classes of characters that splitting patterns speak of, by code point, so that letters above U+FFFF count as letters.</summary>
internal static class CharacterClass
{
    public const byte Other = 0, Letter = 1, Number = 2, Space = 3;

    private static readonly byte[] Basic = MakeBasic();

    /// <summary>Letter (\p{L}), Number (\p{N}), Space (\s) or Other, of the code point at an index of UTF-16 text; also its length in chars.</summary>
    public static byte At(ReadOnlySpan<char> text, int index, out int length)
    {
        var c = text[index];
        length = 1;
        if (!char.IsHighSurrogate(c) || index + 1 >= text.Length || !char.IsLowSurrogate(text[index + 1]))
            return Basic[c];
        length = 2;
        return Of(char.ConvertToUtf32(c, text[index + 1]));
    }

    /// <summary>The code point at an index of UTF-16 text and its length in chars; a lone surrogate is U+FFFD.</summary>
    public static int CodePoint(ReadOnlySpan<char> text, int index, out int length)
    {
        var c = text[index];
        length = 1;
        if (!char.IsSurrogate(c))
            return c;
        if (char.IsHighSurrogate(c) && index + 1 < text.Length && char.IsLowSurrogate(text[index + 1]))
        {
            length = 2;
            return char.ConvertToUtf32(c, text[index + 1]);
        }
        return Rune.ReplacementChar.Value;
    }

    /// <summary>Unicode's White_Space.</summary>
    public static bool IsSpace(int codePoint) => codePoint < 0x10000 && char.IsWhiteSpace((char)codePoint);

    /// <summary>A word character as regular expressions over Unicode define it: alphabetic, mark, decimal digit, connector, joiner.</summary>
    public static bool IsWord(int codePoint) => CharUnicodeInfo.GetUnicodeCategory(codePoint) switch
    {
        <= UnicodeCategory.LetterNumber => true,
        UnicodeCategory.ConnectorPunctuation => true,
        UnicodeCategory.OtherSymbol => codePoint is (>= 0x24B6 and <= 0x24E9) or (>= 0x1F130 and <= 0x1F149) or (>= 0x1F150 and <= 0x1F169) or (>= 0x1F170 and <= 0x1F189),
        UnicodeCategory.Format => codePoint is 0x200C or 0x200D,
        _ => false,
    };

    private static byte Of(int codePoint) => CharUnicodeInfo.GetUnicodeCategory(codePoint) switch
    {
        <= UnicodeCategory.OtherLetter => Letter,
        UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => Number,
        _ => IsSpace(codePoint) ? Space : Other,
    };

    private static byte[] MakeBasic()
    {
        var table = new byte[0x10000];
        for (var c = 0; c < table.Length; c++)
            table[c] = Of(c);
        return table;
    }
}
