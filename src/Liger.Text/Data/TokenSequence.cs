namespace Liger.Text;

/// <summary>
/// A tokenized document. Labels are not shifted: <c>Labels[i]</c> is the id at i where that token is to be predicted from those before it,
/// and <see cref="Unscored"/> where it is not scored. The first token is never scored.
/// </summary>
/// <param name="Ids">Token ids.</param>
/// <param name="Labels">As many labels.</param>
public sealed record TokenSequence(int[] Ids, int[] Labels)
{
    /// <summary>The label of a token that is not scored (the value that PyTorch's cross-entropy ignores).</summary>
    public const int Unscored = -100;

    /// <summary>The number of tokens that are scored.</summary>
    public int ScoredCount => Labels.Count(label => label != Unscored);
}

/// <summary>Collects the ids and labels of a document.</summary>
internal sealed class TokenSequenceBuilder(Tokenizer tokenizer)
{
    private readonly List<int> ids = [];
    private readonly List<int> labels = [];

    public Tokenizer Tokenizer => tokenizer;

    public TokenSequenceBuilder Add(int id, bool scored)
    {
        labels.Add(scored && ids.Count > 0 ? id : TokenSequence.Unscored);
        ids.Add(id);
        return this;
    }

    public TokenSequenceBuilder Add(IEnumerable<int> tokens, bool scored)
    {
        foreach (var id in tokens)
            Add(id, scored);
        return this;
    }

    public TokenSequenceBuilder Text(string text, bool scored) => Add(tokenizer.EncodeToIds(text, addSpecialTokens: false), scored);

    public TokenSequence Build() => new([.. ids], [.. labels]);
}
