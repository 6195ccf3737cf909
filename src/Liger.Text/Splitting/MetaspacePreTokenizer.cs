namespace Liger.Text;

/// <summary>Where Metaspace puts its mark before a piece.</summary>
internal enum PrependScheme
{
    Never,
    First,
    Always,
}

/// <summary>Hugging Face's Metaspace: spaces become a mark, one mark is put in front, and, on request, the text is split before every mark.</summary>
internal sealed class MetaspacePreTokenizer(char replacement, PrependScheme scheme, bool split) : PreTokenizer
{
    public override void Split(TextPiece piece, List<TextPiece> output)
    {
        var text = piece.Span.ToString().Replace(' ', replacement);
        if (!text.StartsWith(replacement) && (scheme == PrependScheme.Always || (scheme == PrependScheme.First && piece.BeginsText)))
            text = replacement + text;
        var whole = new TextPiece(text, 0, text.Length, piece.BeginsText);
        if (!split)
        {
            output.Add(whole);
            return;
        }
        var start = 0;
        for (var i = 1; i < text.Length; i++)
            if (text[i] == replacement)
            {
                output.Add(whole.Slice(start, i - start));
                start = i;
            }
        if (start < text.Length)
            output.Add(whole.Slice(start, text.Length - start));
    }
}
