using Liger.Text;

namespace Liger.Evaluation;

/// <summary>A text as the tokens that are scored.</summary>
public static class EvaluationText
{
    /// <summary>
    /// The tokens of a whole text, the begin-of-text token first where the tokenizer names one, and no other special token added.
    /// </summary>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="utf8">The text in UTF-8; each maximal part that is not UTF-8 counts as U+FFFD.</param>
    public static int[] Tokenize(Tokenizer tokenizer, ReadOnlySpan<byte> utf8)
    {
        var ids = tokenizer.EncodeToIds(utf8, addSpecialTokens: false);
        return tokenizer.BosId is { } begin ? [begin, .. ids] : [.. ids];
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
