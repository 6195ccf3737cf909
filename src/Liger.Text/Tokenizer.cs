using System.Text;

namespace Liger.Text;

/// <summary>
/// Turns text into token ids and back. Ids are those of the reference library of the file the tokenizer was read from
/// (Hugging Face tokenizers, SentencePiece or tiktoken). Safe to use from several threads.
/// </summary>
public abstract class Tokenizer
{
    /// <summary>The number of ids: one more than the largest id that has a token.</summary>
    public abstract int VocabularySize { get; }

    /// <summary>The id of the token that begins a text, or null where the tokenizer names none.</summary>
    public int? BosId { get; internal set; }

    /// <summary>The id of the token that ends a text, or null where the tokenizer names none.</summary>
    public int? EosId { get; internal set; }

    /// <summary>The id of the padding token, or null where the tokenizer names none.</summary>
    public int? PadId { get; internal set; }

    /// <summary>The ids of a text.</summary>
    /// <param name="text">The text; a lone surrogate counts as U+FFFD. Added tokens written out in it become their ids, as in the reference library.</param>
    /// <param name="addSpecialTokens">Whether to add what the tokenizer puts around every text, such as the begin token.</param>
    public abstract IReadOnlyList<int> EncodeToIds(string text, bool addSpecialTokens = true);

    /// <summary>The ids of UTF-8 bytes; each maximal part that is not UTF-8 counts as U+FFFD.</summary>
    /// <param name="utf8">The bytes.</param>
    /// <param name="addSpecialTokens">As for a string.</param>
    public IReadOnlyList<int> EncodeToIds(ReadOnlySpan<byte> utf8, bool addSpecialTokens = true) => EncodeToIds(Encoding.UTF8.GetString(utf8), addSpecialTokens);

    /// <summary>The number of ids of a text, special tokens included.</summary>
    /// <param name="text">The text.</param>
    public int CountTokens(string text) => EncodeToIds(text).Count;

    /// <summary>The text of ids: what a <see cref="StreamingDecoder"/> gives for them one by one. Broken UTF-8 becomes U+FFFD.</summary>
    /// <param name="ids">Token ids.</param>
    /// <param name="skipSpecialTokens">Whether special tokens are left out.</param>
    /// <exception cref="TextException">An id is outside the vocabulary.</exception>
    public string Decode(IEnumerable<int> ids, bool skipSpecialTokens = false)
    {
        ArgumentNullException.ThrowIfNull(ids);
        var decoder = CreateDecoder(skipSpecialTokens);
        var text = new StringBuilder();
        foreach (var id in ids)
            text.Append(decoder.Append(id));
        return text.Append(decoder.Flush()).ToString();
    }

    /// <summary>A decoder for ids that arrive one by one.</summary>
    /// <param name="skipSpecialTokens">Whether special tokens are left out.</param>
    public abstract StreamingDecoder CreateDecoder(bool skipSpecialTokens = false);

    /// <summary>The token of an id as the file spells it, or null where the id has none.</summary>
    /// <param name="id">A token id.</param>
    public abstract string? IdToToken(int id);

    /// <summary>The id of a token as the file spells it, or null where there is none.</summary>
    /// <param name="token">A token.</param>
    public abstract int? TokenToId(string token);

    /// <summary>Whether an id is a special token: one that stands for no text.</summary>
    /// <param name="id">A token id.</param>
    public abstract bool IsSpecial(int id);
}
