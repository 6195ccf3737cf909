namespace Liger.Text;

/// <summary>GPT-2's printable character for every byte: itself where printable, else U+0100 onwards.</summary>
internal static class ByteAlphabet
{
    /// <summary>The character of every byte.</summary>
    public static readonly char[] Characters = Make();

    private static readonly short[] Bytes = MakeInverse();

    /// <summary>The byte of a character, or -1.</summary>
    public static int ByteOf(char c) => c < Bytes.Length ? Bytes[c] : -1;

    /// <summary>Bytes spelled in the alphabet.</summary>
    public static string Spell(ReadOnlySpan<byte> bytes)
    {
        Span<char> text = bytes.Length <= 256 ? stackalloc char[bytes.Length] : new char[bytes.Length];
        for (var i = 0; i < bytes.Length; i++)
            text[i] = Characters[bytes[i]];
        return text.ToString();
    }

    private static char[] Make()
    {
        var table = new char[256];
        var next = 256;
        for (var b = 0; b < 256; b++)
            table[b] = b is (>= 33 and <= 126) or (>= 161 and <= 172) or >= 174 ? (char)b : (char)next++;
        return table;
    }

    private static short[] MakeInverse()
    {
        var table = new short[Characters.Max() + 1];
        Array.Fill(table, (short)-1);
        for (var b = 0; b < 256; b++)
            table[Characters[b]] = (short)b;
        return table;
    }
}
