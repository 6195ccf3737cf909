namespace Liger.Text;

/// <summary>A part of a text that is tokenized on its own.</summary>
/// <param name="Source">The text that the part lies in.</param>
/// <param name="Start">Its first char.</param>
/// <param name="Length">Its length in chars.</param>
/// <param name="BeginsText">Whether it is the very beginning of what the user passed in.</param>
internal readonly record struct TextPiece(string Source, int Start, int Length, bool BeginsText)
{
    public ReadOnlySpan<char> Span => Source.AsSpan(Start, Length);

    public TextPiece Slice(int start, int length) => new(Source, Start + start, length, BeginsText && start == 0);
}

/// <summary>Cuts text into pieces across which the model merges nothing.</summary>
internal abstract class PreTokenizer
{
    /// <summary>Adds the pieces of one piece, in order.</summary>
    public abstract void Split(TextPiece piece, List<TextPiece> output);
}

/// <summary>One pre-tokenizer after the other, each on the pieces of the one before.</summary>
internal sealed class PreTokenizerSequence(IReadOnlyList<PreTokenizer> steps) : PreTokenizer
{
    public override void Split(TextPiece piece, List<TextPiece> output)
    {
        if (steps.Count == 1)
        {
            steps[0].Split(piece, output);
            return;
        }
        var current = new List<TextPiece> { piece };
        foreach (var step in steps)
        {
            var next = new List<TextPiece>(current.Count);
            foreach (var part in current)
                step.Split(part, next);
            current = next;
        }
        output.AddRange(current);
    }
}

/// <summary>The text work of Hugging Face's ByteLevel; the bytes themselves are looked up by the model.</summary>
/// <param name="addPrefixSpace">Whether a piece that does not begin with a space gets one.</param>
/// <param name="useRegex">Whether to split as GPT-2 does.</param>
internal sealed class ByteLevelPreTokenizer(bool addPrefixSpace, bool useRegex) : PreTokenizer
{
    public override void Split(TextPiece piece, List<TextPiece> output)
    {
        if (addPrefixSpace && !piece.Span.StartsWith(' '))
        {
            var text = string.Concat(" ", piece.Span);
            piece = new TextPiece(text, 0, text.Length, piece.BeginsText);
        }
        if (useRegex)
            WordSplitter.Gpt2.Split(piece, output);
        else
            output.Add(piece);
    }
}

/// <summary>Digits apart from the rest: each on its own, or runs of them. Digits are Unicode's numeric characters.</summary>
internal sealed class DigitsPreTokenizer(bool individual) : PreTokenizer
{
    public override void Split(TextPiece piece, List<TextPiece> output)
    {
        var text = piece.Span;
        var start = 0;
        var previous = false;
        int length;
        for (var i = 0; i < text.Length; i += length)
        {
            var digit = CharacterClass.At(text, i, out length) == CharacterClass.Number;
            if (i > start && (digit != previous || (digit && individual)))
            {
                output.Add(piece.Slice(start, i - start));
                start = i;
            }
            previous = digit;
        }
        if (start < text.Length)
            output.Add(piece.Slice(start, text.Length - start));
    }
}
