namespace Liger.Text;

/// <summary>Tokens by id and ids by token, added tokens included.</summary>
internal sealed class TokenTable
{
    private readonly string?[] tokens;
    private readonly HashSet<int> special;
    private readonly Dictionary<string, int> vocabulary, added = [];

    public TokenTable(Dictionary<string, int> vocabulary, IReadOnlyList<AddedToken> addedTokens)
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
        }
        special = [.. addedTokens.Where(t => t.Special).Select(t => t.Id)];
    }

    /// <summary>The number of ids.</summary>
    public int Count => tokens.Length;

    /// <summary>The token of an id, or null.</summary>
    public string? this[int id] => (uint)id < (uint)tokens.Length ? tokens[id] : null;

    public int? IdOf(string token) => added.TryGetValue(token, out var id) || vocabulary.TryGetValue(token, out id) ? id : null;

    public bool IsSpecial(int id) => special.Contains(id);
}
