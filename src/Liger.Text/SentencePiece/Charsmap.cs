using System.Buffers.Binary;

namespace Liger.Text;

/// <summary>
/// SentencePiece's compiled rewriting rules: a double-array trie over UTF-8 (darts-clone) and the replacements it points to.
/// Layout: trie size in bytes (uint32, little endian), trie units (uint32 each), replacements, each ended by NUL.
/// </summary>
internal sealed class Charsmap
{
    private readonly uint[] units;
    private readonly byte[] replacements;

    public Charsmap(ReadOnlySpan<byte> data, string where)
    {
        var size = data.Length >= 4 ? BinaryPrimitives.ReadUInt32LittleEndian(data) : 0;
        if (data.Length < 4 || size % 4 != 0 || size == 0 || size > data.Length - 4)
            throw TextException.At(where, $"a normalization map of {data.Length} bytes whose trie has {size} — expected the trie's size, the trie and its strings. The file is damaged.");
        units = new uint[size / 4];
        for (var i = 0; i < units.Length; i++)
            units[i] = BinaryPrimitives.ReadUInt32LittleEndian(data[(4 + (i * 4))..]);
        replacements = data[(4 + (int)size)..].ToArray();
    }

    /// <summary>The replacement of the longest rule that the text begins with, as UTF-8; false where no rule does.</summary>
    public bool TryRewrite(ReadOnlySpan<byte> text, out int consumed, out ReadOnlySpan<byte> replacement)
    {
        consumed = 0;
        var found = 0u;
        var node = Offset(units[0]);
        for (var i = 0; i < text.Length; i++)
        {
            node ^= text[i];
            if (node >= units.Length || (units[node] & 0x800000FFu) != text[i])
                break;
            var unit = units[node];
            node ^= Offset(unit);
            if ((unit >> 8 & 1) != 0 && node < units.Length)
            {
                found = units[node] & 0x7FFFFFFF;
                consumed = i + 1;
            }
        }
        replacement = default;
        if (consumed == 0 || found > replacements.Length)
            return false;
        replacement = replacements.AsSpan((int)found);
        var end = replacement.IndexOf((byte)0);
        replacement = end < 0 ? replacement : replacement[..end];
        return true;
    }

    private static uint Offset(uint unit) => unit >> 10 << (int)((unit & (1 << 9)) >> 6);
}
