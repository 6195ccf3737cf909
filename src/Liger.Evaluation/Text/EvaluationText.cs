using Liger.Text;

namespace Liger.Evaluation;

/// <summary>A text as the tokens that are scored.</summary>
public static class EvaluationText
{
    private const byte BetweenDocuments = 0;

    /// <summary>
    /// The tokens of a whole text, the begin-of-text token first where the tokenizer names one. A text of several documents, with a NUL between
    /// them as in training data, has the begin-of-text token before each of them and the end-of-text token behind it.
    /// </summary>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="utf8">The text in UTF-8; each maximal part that is not UTF-8 counts as U+FFFD.</param>
    public static int[] Tokenize(Tokenizer tokenizer, ReadOnlySpan<byte> utf8)
    {
        var ids = new List<int>();
        var several = utf8.Contains(BetweenDocuments);
        foreach (var range in utf8.Split(BetweenDocuments))
        {
            var document = utf8[range];
            if (several && document.IsEmpty)
                continue;
            if (tokenizer.BosId is { } begin)
                ids.Add(begin);
            ids.AddRange(tokenizer.EncodeToIds(document, addSpecialTokens: false));
            if (several && tokenizer.EosId is { } end)
                ids.Add(end);
        }
        return [.. ids];
    }

    /// <summary>The tokens of a file.</summary>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="path">The file.</param>
    /// <exception cref="EvaluationException">The file cannot be read.</exception>
    public static int[] Read(Tokenizer tokenizer, string path)
    {
        try
        {
            return Tokenize(tokenizer, File.ReadAllBytes(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new EvaluationException($"{path}: the text cannot be read: {e.Message} Give a text file in UTF-8.", e);
        }
    }
}
