namespace Liger.Text;

/// <summary>Reads Hugging Face's tokenizer.json. <c>truncation</c> and <c>padding</c> are not applied, as transformers does not apply them.</summary>
internal static class TokenizerJson
{
    /// <summary>The largest id: bounds the tables that ids index.</summary>
    public const int MaximumId = (1 << 24) - 1;

    public static BpeTokenizer Read(string path)
    {
        var root = JsonValue.Read(path);
        var byteLevel = false;
        var preTokenizer = PreTokenizerJson.Read(root["pre_tokenizer"], ref byteLevel);
        var model = Model(root["model"], byteLevel);
        var added = root["added_tokens"].Items().Select(t => AddedToken(t, t["id"].Integer(0, MaximumId))).ToList();
        foreach (var token in added)
            if (model.Vocabulary.TryGetValue(token.Content, out var id) && id != token.Id)
                throw root["added_tokens"].Error($"token '{token.Content}' has id {token.Id}, but the vocabulary gives it {id}. Repair the file.");
        var (prefix, suffix) = Template(root["post_processor"]);
        return new BpeTokenizer(new BpeTokenizerParts
        {
            Model = model,
            AddedTokens = added,
            Normalizer = NormalizerJson.Read(root["normalizer"]),
            PreTokenizer = preTokenizer,
            Prefix = prefix,
            Suffix = suffix,
            Decoding = DecoderJson.Read(root["decoder"]),
        });
    }

    public static AddedToken AddedToken(JsonValue token, int id)
    {
        var special = token["special"].Flag(false);
        return new AddedToken(id, token["content"].Text(), special, token["normalized"].Flag(!special),
            token["single_word"].Flag(false), token["lstrip"].Flag(false), token["rstrip"].Flag(false));
    }

    private static BpeModelParts Model(JsonValue model, bool byteLevel)
    {
        // Old files name no type; those with merges are BPE.
        var type = model["type"].TextOrNull() ?? (model["merges"].Exists ? "BPE" : "(none)");
        if (type != "BPE")
            throw model.Unsupported($"model type '{type}'", "BPE");
        if (model["dropout"].Exists && model["dropout"].Number() != 0)
            throw model.Unsupported("dropout", "none");
        foreach (var name in new[] { "continuing_subword_prefix", "end_of_word_suffix" })
            if (!string.IsNullOrEmpty(model[name].TextOrNull()))
                throw model.Unsupported(name, "none");
        var vocabulary = new Dictionary<string, int>();
        foreach (var (token, id) in model["vocab"].Members())
            vocabulary[token] = id.Integer(0, MaximumId);
        if (vocabulary.Count == 0)
            throw model["vocab"].Error("expected an object of token → id, got none.");
        var unknown = model["unk_token"].TextOrNull();
        if (unknown is not null && !vocabulary.ContainsKey(unknown))
            throw model["unk_token"].Error($"'{unknown}' is not in the vocabulary — expected one of its tokens. Repair the file.");
        return new BpeModelParts
        {
            Vocabulary = vocabulary,
            Merges = Merges(model["merges"], vocabulary),
            ByteLevel = byteLevel,
            ByteFallback = model["byte_fallback"].Flag(false),
            UnknownId = unknown is null ? null : vocabulary[unknown],
            FuseUnknown = model["fuse_unk"].Flag(false),
            IgnoreMerges = model["ignore_merges"].Flag(false),
        };
    }

    private static List<(int, int, int, int)> Merges(JsonValue merges, Dictionary<string, int> vocabulary)
    {
        var result = new List<(int, int, int, int)>();
        foreach (var merge in merges.Items())
        {
            string[] pair = merge.Element.ValueKind == System.Text.Json.JsonValueKind.Array ? [.. merge.Items().Select(p => p.Text())] : merge.Text().Split(' ');
            result.Add(Merge(pair, result.Count, vocabulary) ?? throw merge.Error("expected two tokens of the vocabulary whose joining is one as well. Repair the file."));
        }
        return result;
    }

    /// <summary>A merge by ids, or null where it does not fit the vocabulary.</summary>
    public static (int Left, int Right, int Rank, int Id)? Merge(string[] pair, int rank, Dictionary<string, int> vocabulary) =>
        pair.Length == 2 && vocabulary.TryGetValue(pair[0], out var left) && vocabulary.TryGetValue(pair[1], out var right) && vocabulary.TryGetValue(pair[0] + pair[1], out var id)
            ? (left, right, rank, id) : null;

    private static (IReadOnlyList<int> Prefix, IReadOnlyList<int> Suffix) Template(JsonValue processor)
    {
        if (!processor.Exists)
            return ([], []);
        var type = processor["type"].Text();
        switch (type)
        {
            case "ByteLevel":
                return ([], []);
            case "Sequence":
                var prefix = new List<int>();
                var suffix = new List<int>();
                foreach (var (before, after) in processor["processors"].Items().Select(Template))
                {
                    prefix.InsertRange(0, before);
                    suffix.AddRange(after);
                }
                return (prefix, suffix);
            case "TemplateProcessing":
                return Single(processor);
            default:
                throw processor.Unsupported($"post-processor '{type}'", "ByteLevel, Sequence or TemplateProcessing");
        }
    }

    private static (List<int> Prefix, List<int> Suffix) Single(JsonValue processor)
    {
        var (prefix, suffix) = (new List<int>(), new List<int>());
        var texts = 0;
        foreach (var item in processor["single"].Items())
        {
            if (item["Sequence"].Exists)
            {
                texts++;
                continue;
            }
            var name = item["SpecialToken"]["id"].Text();
            var ids = processor["special_tokens"][name]["ids"];
            if (!ids.Exists)
                throw ids.Error($"the template's token '{name}' is not listed in special_tokens. Repair the file.");
            (texts == 0 ? prefix : suffix).AddRange(ids.Items().Select(i => i.Integer(0, MaximumId)));
        }
        return texts == 1 ? (prefix, suffix) : throw processor["single"].Error($"expected the text once, got it {texts} times. Repair the file.");
    }
}
