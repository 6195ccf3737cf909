using System.Text;

namespace Liger.Text;

/// <summary>Reads vocab.json and merges.txt, the older files of byte-level BPE. How text is split is not in them: the tokenizer class tells.</summary>
internal static class VocabularyAndMerges
{
    public static BpeTokenizer Read(string vocabularyFile, string mergesFile, TokenizerConfig config)
    {
        var vocabulary = new Dictionary<string, int>();
        foreach (var (token, id) in JsonValue.Read(vocabularyFile).Members())
            vocabulary[token] = id.Integer(0, TokenizerJson.MaximumId);
        var (splitter, normalizer) = Splitting(vocabularyFile, config);
        var steps = new List<PreTokenizer> { splitter };
        if (config.Flag("add_prefix_space", false))
            steps.Insert(0, new ByteLevelPreTokenizer(addPrefixSpace: true, useRegex: false));
        return new BpeTokenizer(new BpeTokenizerParts
        {
            Model = new BpeModelParts { Vocabulary = vocabulary, Merges = Merges(mergesFile, vocabulary), ByteLevel = true },
            AddedTokens = Added(config, vocabulary),
            Normalizer = normalizer,
            PreTokenizer = new PreTokenizerSequence(steps),
            Decoding = new TokenDecoding { ByteLevel = true },
        });
    }

    private static (PreTokenizer Splitter, Normalizer? Normalizer) Splitting(string file, TokenizerConfig config) => config.ClassName switch
    {
        "Qwen2Tokenizer" or "Qwen2TokenizerFast" => (WordSplitter.Qwen2, new UnicodeNormalizer(NormalizationForm.FormC)),
        "GPT2Tokenizer" or "GPT2TokenizerFast" => (WordSplitter.Gpt2, null),
        null => throw new TextException($"{config.File}: missing, or without tokenizer_class — {Path.GetFileName(file)} does not say how text is split. Copy the base model's tokenizer_config.json here."),
        var other => throw new TextException($"{config.File}: tokenizer_class '{other}' is not supported with vocab.json — expected GPT2Tokenizer or Qwen2Tokenizer. Use a folder with tokenizer.json."),
    };

    private static List<AddedToken> Added(TokenizerConfig config, Dictionary<string, int> vocabulary)
    {
        var added = config.AddedTokens();
        foreach (var token in added)
            if (vocabulary.TryGetValue(token.Content, out var id) && id != token.Id)
                throw new TextException($"{config.File}: added token '{token.Content}' has id {token.Id}, but the vocabulary gives it {id}. Repair the file.");
        return added;
    }

    private static List<(int, int, int, int)> Merges(string file, Dictionary<string, int> vocabulary)
    {
        var merges = new List<(int, int, int, int)>();
        var number = 0;
        foreach (var line in BoundedFile.Text(file).Split('\n'))
        {
            number++;
            if (line.Length == 0 || (number == 1 && line.StartsWith("#version", StringComparison.Ordinal)))
                continue;
            merges.Add(TokenizerJson.Merge(line.TrimEnd('\r').Split(' '), merges.Count, vocabulary)
                ?? throw new TextException($"{file}: line {number}: expected two tokens of the vocabulary whose joining is one as well, got '{line}'. Repair the file."));
        }
        return merges;
    }
}
