using System.Text;

namespace Liger.Text;

/// <summary>Decodes by a <see cref="TokenDecoding"/>. Differs from Hugging Face for bytes that are no UTF-8: U+FFFD for each broken part, not for each byte.</summary>
internal sealed class TokenStreamingDecoder(TokenTable tokens, TokenDecoding decoding, bool skipSpecialTokens) : StreamingDecoder
{
    private readonly Decoder utf8 = Encoding.UTF8.GetDecoder();
    private bool isFirst = true;
    private int toStrip = decoding.StripStart;

    public override string Append(int id)
    {
        if ((uint)id >= (uint)tokens.Count)
            throw new TextException($"decode: id {id} is not in the vocabulary — expected 0 … {tokens.Count - 1}. Use the tokenizer that the ids were made with.");
        if (tokens.Spelling(id) is not { } token || (skipSpecialTokens && tokens.IsSpecial(id)))
            return "";
        var first = isFirst;
        isFirst = false;
        if (decoding.ByteLevel)
            return Bytes(BytesOf(token));
        if (decoding.ByteFallback && TokenDecoding.ByteOf(token) is var value and >= 0)
            return Strip(Bytes([(byte)value]));
        foreach (var step in decoding.Steps)
            token = step(token, first);
        return Strip(Pending() + (decoding.JoinWithSpaces && !first ? " " + token : token));
    }

    public override string Flush()
    {
        var rest = Strip(Pending());
        isFirst = true;
        toStrip = decoding.StripStart;
        return rest;
    }

    private static byte[] BytesOf(string token)
    {
        var bytes = new byte[token.Length];
        for (var i = 0; i < token.Length; i++)
        {
            if (ByteAlphabet.ByteOf(token[i]) is var value and >= 0)
                bytes[i] = (byte)value;
            else
                return Encoding.UTF8.GetBytes(token);
        }
        return bytes;
    }

    private string Bytes(byte[] bytes)
    {
        Span<char> text = stackalloc char[64];
        if (bytes.Length + 4 > text.Length)
            text = new char[bytes.Length + 4];
        return text[..utf8.GetChars(bytes, text, flush: false)].ToString();
    }

    /// <summary>The bytes of a character that was never finished, as U+FFFD.</summary>
    private string Pending()
    {
        Span<char> text = stackalloc char[8];
        return text[..utf8.GetChars([], text, flush: true)].ToString();
    }

    private string Strip(string text)
    {
        var start = 0;
        while (toStrip > 0 && start < text.Length)
        {
            if (text[start] != decoding.StripCharacter)
            {
                toStrip = 0;
                break;
            }
            start++;
            toStrip--;
        }
        return text[start..];
    }
}
