namespace Liger.Text;

/// <summary>Finds and reads the tokenizer in a checkpoint's folder.</summary>
public static class TokenizerFolder
{
    private static readonly string[] Known =
    [
        "tokenizer.json", "tokenizer.model", "vocab.json", "merges.txt", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "chat_template.jinja",
    ];

    /// <summary>
    /// Reads the tokenizer of a folder: <c>tokenizer.json</c> where there is one, else <c>tokenizer.model</c> (SentencePiece or tiktoken ranks), else
    /// <c>vocab.json</c> with <c>merges.txt</c>. The begin, end and padding tokens come from <c>tokenizer_config.json</c>, then <c>special_tokens_map.json</c>, then well-known names.
    /// </summary>
    /// <param name="folder">The folder.</param>
    /// <exception cref="TextException">There is no tokenizer, a file is damaged, or it uses something that is not supported.</exception>
    public static Tokenizer Load(string folder)
    {
        if (!Directory.Exists(folder))
            throw new TextException($"{folder}: no such folder. Give the folder of a checkpoint.");
        var config = TokenizerConfig.Read(folder);
        var tokenizer = Read(folder, config);
        config.Name(tokenizer);
        return tokenizer;
    }

    /// <summary>The files of a folder that belong to its tokenizer, to be copied along with a checkpoint. Full paths, sorted; empty where there are none.</summary>
    /// <param name="folder">The folder.</param>
    public static IReadOnlyList<string> Files(string folder) => [.. Known.Select(name => Path.Combine(folder, name)).Where(File.Exists).Order(StringComparer.Ordinal)];

    private static Tokenizer Read(string folder, TokenizerConfig config)
    {
        var json = Path.Combine(folder, "tokenizer.json");
        if (File.Exists(json))
            return TokenizerJson.Read(json);
        var model = Path.Combine(folder, "tokenizer.model");
        if (File.Exists(model))
            return TiktokenFile.Looks(model) ? TiktokenFile.Read(model, config) : SentencePieceTokenizer.Read(model, config);
        var (vocabulary, merges) = (Path.Combine(folder, "vocab.json"), Path.Combine(folder, "merges.txt"));
        if (File.Exists(vocabulary) && File.Exists(merges))
            return VocabularyAndMerges.Read(vocabulary, merges, config);
        throw new TextException($"{folder}: no tokenizer — expected tokenizer.json, tokenizer.model, or vocab.json with merges.txt. Copy the tokenizer files of the base model here.");
    }
}
