namespace Liger.Text;

/// <summary>Tokens by id and ids by token, added tokens included.</summary>
internal sealed class TokenTable
{
    private readonly string?[] tokens;
    private readonly HashSet<int> special;
    private readonly Dictionary<int, string> spellings = [];
    private readonly Dictionary<string, int> vocabulary, added = [];

    /// <summary>Makes the table.</summary>
    /// <param name="vocabulary">Token → id.</param>
    /// <param name="addedTokens">Added tokens; where one is in the vocabulary too, it has the same id.</param>
    /// <param name="normalize">What is done to the spelling of those that are looked for in normalized text.</param>
    public TokenTable(Dictionary<string, int> vocabulary, IReadOnlyList<AddedToken> addedTokens, Func<string, string> normalize)
    {
        this.vocabulary = vocabulary;
        var size = vocabulary.Count == 0 ? 0 : vocabulary.Values.Max() + 1;
        foreach (var token in addedTokens)
            size = Math.Max(size, token.Id + 1);
        tokens = new string?[size];
        foreach (var (token, id) in vocabulary)
            tokens[id] = token;
        foreach (var token in addedTokens)
        {
            tokens[token.Id] = token.Content;
            added[token.Content] = token.Id;
            if (token.Normalized)
                spellings[token.Id] = normalize(token.Content);
        }
        special = [.. addedTokens.Where(t => t.Special).Select(t => t.Id)];
    }

    /// <summary>The number of ids.</summary>
    public int Count => tokens.Length;

    /// <summary>The token of an id, or null.</summary>
    public string? this[int id] => (uint)id < (uint)tokens.Length ? tokens[id] : null;

    /// <summary>What a decoder is given for an id: the token, in normalized spelling where it was looked for so; null where the id has none.</summary>
    public string? Spelling(int id) => spellings.Count > 0 && spellings.TryGetValue(id, out var spelling) ? spelling : this[id];

    public int? IdOf(string token) => added.TryGetValue(token, out var id) || vocabulary.TryGetValue(token, out id) ? id : null;

    public bool IsSpecial(int id) => special.Contains(id);
}
