namespace Liger.Text;

/// <summary>What tokenizer_config.json and special_tokens_map.json say beside the tokenizer itself.</summary>
internal sealed class TokenizerConfig
{
    private static readonly string[] BeginNames = ["<|begin_of_text|>", "<s>", "<bos>"];
    private static readonly string[] EndNames = ["<|end_of_text|>", "</s>", "<|endoftext|>", "<eos>"];
    private static readonly string[] PaddingNames = ["<|finetune_right_pad_id|>", "<pad>", "[PAD]"];

    private readonly JsonValue config, map;

    private TokenizerConfig(JsonValue config, JsonValue map, string file)
    {
        this.config = config;
        this.map = map;
        File = file;
    }

    /// <summary>The path of tokenizer_config.json, whether or not it exists.</summary>
    public string File { get; }

    /// <summary>The class of transformers that the folder was written by, or null.</summary>
    public string? ClassName => config["tokenizer_class"].TextOrNull();

    public static TokenizerConfig Read(string folder)
    {
        var file = Path.Combine(folder, "tokenizer_config.json");
        return new TokenizerConfig(Optional(file), Optional(Path.Combine(folder, "special_tokens_map.json")), file);
    }

    /// <summary>A flag such as add_bos_token.</summary>
    public bool Flag(string name, bool absent) => config[name].Flag(absent);

    /// <summary>The tokens of added_tokens_decoder, by id.</summary>
    public List<AddedToken> AddedTokens()
    {
        var result = new List<AddedToken>();
        foreach (var (name, token) in config["added_tokens_decoder"].Members())
        {
            if (!int.TryParse(name, out var id) || id < 0 || id > TokenizerJson.MaximumId)
                throw token.Error($"expected an id from 0 to {TokenizerJson.MaximumId} as key.");
            result.Add(TokenizerJson.AddedToken(token, id));
        }
        result.Sort((a, b) => a.Id.CompareTo(b.Id));
        return result;
    }

    /// <summary>Sets the ids of the begin, end and padding tokens.</summary>
    public void Name(Tokenizer tokenizer)
    {
        tokenizer.BosId = Find("bos_token", tokenizer.BosId, BeginNames, tokenizer);
        tokenizer.EosId = Find("eos_token", tokenizer.EosId, EndNames, tokenizer);
        tokenizer.PadId = Find("pad_token", tokenizer.PadId, PaddingNames, tokenizer);
    }

    private static int? Find(JsonValue value, Tokenizer tokenizer)
    {
        if (!value.Exists)
            return null;
        var token = value.Element.ValueKind == System.Text.Json.JsonValueKind.Object ? value["content"].Text() : value.Text();
        return tokenizer.TokenToId(token) ?? throw value.Error($"'{token}' is not in the vocabulary — expected one of the tokenizer's tokens. Repair the file.");
    }

    private static JsonValue Optional(string file) => System.IO.File.Exists(file) ? JsonValue.Read(file) : new JsonValue(file, "", default);

    private int? Find(string name, int? own, string[] wellKnown, Tokenizer tokenizer)
    {
        // A null that is written out means that there is none; a missing entry says nothing.
        if (config.Exists && config[name].Element.ValueKind == System.Text.Json.JsonValueKind.Null)
            return null;
        if ((Find(config[name], tokenizer) ?? Find(map[name], tokenizer) ?? own) is { } id)
            return id;
        foreach (var token in wellKnown)
            if (tokenizer.TokenToId(token) is { } known)
                return known;
        return null;
    }
}
