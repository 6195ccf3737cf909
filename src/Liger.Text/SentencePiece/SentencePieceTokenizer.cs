namespace Liger.Text;

/// <summary>
/// A tokenizer.model of SentencePiece, type BPE, with the ids and the text of Google's library. Control pieces written out in a text are text.
/// What stands around a text is transformers' rule for such folders: <c>add_bos_token</c> (true where not said) and <c>add_eos_token</c> (false).
/// </summary>
internal sealed class SentencePieceTokenizer : Tokenizer
{
    private readonly SentencePieceModel model;
    private readonly SentencePieceNormalizer normalizer;
    private readonly AddedTokenFinder userDefined;
    private readonly BpeModel merger;
    private readonly TokenTable tokens;
    private readonly bool addBos, addEos;

    private SentencePieceTokenizer(SentencePieceModel model, bool addBos, bool addEos)
    {
        this.model = model;
        this.addBos = addBos;
        this.addEos = addEos;
        normalizer = new SentencePieceNormalizer(model);
        var pieces = model.Pieces.Select((piece, id) => (piece.Text, piece.Type, Id: id)).ToList();
        userDefined = new AddedTokenFinder(pieces.Where(p => p.Type == PieceType.UserDefined).Select(p => new AddedToken(p.Id, p.Text, Special: false)), text => text);
        tokens = new TokenTable(pieces.ToDictionary(p => p.Text, p => p.Id),
            [.. pieces.Where(p => p.Type is PieceType.Control or PieceType.Unknown).Select(p => new AddedToken(p.Id, p.Text, Special: true))], text => text);
        merger = new BpeModel(SentencePieceMerges.Parts(model));
        BosId = Present(model.BosId);
        EosId = Present(model.EosId);
        PadId = Present(model.PadId);
    }

    public override int VocabularySize => tokens.Count;

    /// <summary>Reads a model.</summary>
    public static SentencePieceTokenizer Read(string file, TokenizerConfig config)
    {
        var tokenizer = new SentencePieceTokenizer(SentencePieceModel.Read(file), config.Flag("add_bos_token", true), config.Flag("add_eos_token", false));
        foreach (var token in config.AddedTokens())
            if (tokenizer.TokenToId(token.Content) != token.Id)
                throw new TextException($"{config.File}: added token '{token.Content}' is not piece {token.Id} of {Path.GetFileName(file)}, which is not supported. Use a folder with tokenizer.json.");
        return tokenizer;
    }

    public override string? IdToToken(int id) => tokens[id];

    public override int? TokenToId(string token) => tokens.IdOf(token);

    public override bool IsSpecial(int id) => tokens.IsSpecial(id);

    public override StreamingDecoder CreateDecoder(bool skipSpecialTokens = false) => new SentencePieceStreamingDecoder(model, skipSpecialTokens);

    public override IReadOnlyList<int> EncodeToIds(string text, bool addSpecialTokens = true)
    {
        ArgumentNullException.ThrowIfNull(text);
        var ids = new List<int>((text.Length / 3) + 8);
        if (addSpecialTokens && addBos && BosId is { } bos)
            ids.Add(bos);
        EncodeNormalized(normalizer.Normalize(text), ids);
        if (addSpecialTokens && addEos && EosId is { } eos)
            ids.Add(eos);
        return ids;
    }

    private void EncodeNormalized(string text, List<int> ids)
    {
        var start = ids.Count;
        if (userDefined.IsEmpty)
        {
            merger.Encode(text, ids);
        }
        else
        {
            var found = new List<(int Start, int Length, AddedToken? Token)>();
            userDefined.Find(text, found);
            foreach (var (from, length, token) in found)
            {
                if (token is not null)
                    ids.Add(token.Id);
                else
                    merger.Encode(text.AsSpan(from, length), ids);
            }
        }
        if (!model.ByteFallback)
            FuseUnknown(ids, start);
    }

    private void FuseUnknown(List<int> ids, int start)
    {
        var kept = start;
        for (var i = start; i < ids.Count; i++)
            if (i == start || ids[i] != model.UnknownId || ids[i - 1] != model.UnknownId)
                ids[kept++] = ids[i];
        ids.RemoveRange(kept, ids.Count - kept);
    }

    private int? Present(int id) => id >= 0 && id < model.Pieces.Count ? id : null;
}
