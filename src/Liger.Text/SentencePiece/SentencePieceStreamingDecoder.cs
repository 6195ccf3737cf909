using System.Text;

namespace Liger.Text;

/// <summary>Decodes as SentencePiece does: control pieces are invisible, the space put in front of the text is taken away again.</summary>
internal sealed class SentencePieceStreamingDecoder(SentencePieceModel model, bool skipSpecialTokens) : StreamingDecoder
{
    private const char Mark = '\u2581';

    private readonly Decoder utf8 = Encoding.UTF8.GetDecoder();
    private bool atBeginning = true;

    public override string Append(int id)
    {
        if ((uint)id >= (uint)model.Pieces.Count)
            throw new TextException($"decode: id {id} is not in the vocabulary — expected 0 … {model.Pieces.Count - 1}. Use the tokenizer that the ids were made with.");
        var (text, _, type) = model.Pieces[id];
        switch (type)
        {
            case PieceType.Control:
                return Pending();
            case PieceType.Unknown:
                if (skipSpecialTokens)
                    return Pending();
                atBeginning = false;
                return Pending() + model.UnknownSurface;
            case PieceType.Byte:
                atBeginning = false;
                Span<char> chars = stackalloc char[4];
                return chars[..utf8.GetChars([(byte)TokenDecoding.ByteOf(text)], chars, flush: false)].ToString();
        }
        var pending = Pending();
        if (atBeginning && text[0] == Mark && (model.AddDummyPrefix || model.RemoveExtraSpaces))
        {
            text = text[1..];
            // Where extra spaces are removed every leading one goes, else only the one that was put in front.
            atBeginning = model.RemoveExtraSpaces && text.Length == 0;
        }
        else
        {
            atBeginning = false;
        }
        return pending + text.Replace(Mark, ' ');
    }

    public override string Flush()
    {
        var rest = Pending();
        atBeginning = true;
        return rest;
    }

    private string Pending()
    {
        Span<char> chars = stackalloc char[8];
        return chars[..utf8.GetChars([], chars, flush: true)].ToString();
    }
}
