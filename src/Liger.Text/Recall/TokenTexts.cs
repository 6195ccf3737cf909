namespace Liger.Text;

/// <summary>The text of each token in the middle of a text, made when it is first asked for.</summary>
internal sealed class TokenTexts(Tokenizer tokenizer)
{
    // Decoded behind a word: some tokenizers drop the space of a text's first word.
    private readonly IReadOnlyList<int> anchor = tokenizer.EncodeToIds("a", addSpecialTokens: false);
    private readonly string?[] known = new string?[tokenizer.VocabularySize];

    internal string this[int id] => known[id] ??= tokenizer.Decode(anchor.Append(id))[tokenizer.Decode(anchor).Length..];
}
