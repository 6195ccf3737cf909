namespace Liger.Text;

/// <summary>The parts of a tokenizer as Hugging Face's tokenizer.json orders them.</summary>
internal sealed record BpeTokenizerParts
{
    public required BpeModelParts Model { get; init; }

    public IReadOnlyList<AddedToken> AddedTokens { get; init; } = [];

    public Normalizer? Normalizer { get; init; }

    public PreTokenizer? PreTokenizer { get; init; }

    /// <summary>The ids in front of every text.</summary>
    public IReadOnlyList<int> Prefix { get; init; } = [];

    /// <summary>The ids after every text.</summary>
    public IReadOnlyList<int> Suffix { get; init; } = [];

    public required TokenDecoding Decoding { get; init; }
}

/// <summary>A byte-pair tokenizer: added tokens → normalizer → pre-tokenizer → merges → begin and end tokens.</summary>
internal sealed class BpeTokenizer : Tokenizer
{
    private readonly BpeTokenizerParts parts;
    private readonly BpeModel model;
    private readonly AddedTokenFinder raw, normalized;
    private readonly TokenTable tokens;

    public BpeTokenizer(BpeTokenizerParts parts)
    {
        this.parts = parts;
        model = new BpeModel(parts.Model);
        raw = new AddedTokenFinder(parts.AddedTokens.Where(t => !t.Normalized), content => content);
        normalized = new AddedTokenFinder(parts.AddedTokens.Where(t => t.Normalized), Normalize);
        tokens = new TokenTable(parts.Model.Vocabulary, parts.AddedTokens, Normalize);
    }

    public override int VocabularySize => tokens.Count;

    public override string? IdToToken(int id) => tokens[id];

    public override int? TokenToId(string token) => tokens.IdOf(token);

    public override bool IsSpecial(int id) => tokens.IsSpecial(id);

    public override StreamingDecoder CreateDecoder(bool skipSpecialTokens = false) => new TokenStreamingDecoder(tokens, parts.Decoding, skipSpecialTokens);

    public override IReadOnlyList<int> EncodeToIds(string text, bool addSpecialTokens = true)
    {
        ArgumentNullException.ThrowIfNull(text);
        var ids = new List<int>((text.Length / 3) + 8);
        if (addSpecialTokens)
            ids.AddRange(parts.Prefix);
        if (raw.IsEmpty)
        {
            EncodeRaw(text, beginsText: true, ids);
        }
        else
        {
            var found = new List<(int Start, int Length, AddedToken? Token)>();
            raw.Find(text, found);
            foreach (var (start, length, token) in found)
                if (token is not null)
                    ids.Add(token.Id);
                else
                    EncodeRaw(length == text.Length ? text : text.Substring(start, length), start == 0, ids);
        }
        if (addSpecialTokens)
            ids.AddRange(parts.Suffix);
        return ids;
    }

    private string Normalize(string text) => parts.Normalizer?.Normalize(text) ?? text;

    private void EncodeRaw(string text, bool beginsText, List<int> ids)
    {
        text = Normalize(text);
        if (text.Length == 0)
            return;
        if (normalized.IsEmpty)
        {
            EncodePiece(new TextPiece(text, 0, text.Length, beginsText), ids);
            return;
        }
        var found = new List<(int Start, int Length, AddedToken? Token)>();
        normalized.Find(text, found);
        foreach (var (start, length, token) in found)
            if (token is not null)
                ids.Add(token.Id);
            else
                EncodePiece(new TextPiece(text, start, length, beginsText && start == 0), ids);
    }

    private void EncodePiece(TextPiece piece, List<int> ids)
    {
        if (parts.PreTokenizer is null)
        {
            model.Encode(piece.Span, ids);
            return;
        }
        var pieces = new List<TextPiece>((piece.Length / 4) + 4);
        parts.PreTokenizer.Split(piece, pieces);
        foreach (var part in pieces)
            model.Encode(part.Span, ids);
    }
}
