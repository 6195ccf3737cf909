using System.Text.Json.Nodes;
using Liger.Testing;

namespace Liger.Text.Tests;

public sealed class TokenizerFolderTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public TokenizerFolderTests() => BpeTrainer.Train(["the cat sat on the mat"], 262, ["<s>", "</s>"]).Save(folder.Path);

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("model.type", "\"Unigram\"", "Unigram")]
    [InlineData("model.dropout", "0.1", "dropout")]
    [InlineData("model.continuing_subword_prefix", "\"##\"", "continuing_subword_prefix")]
    [InlineData("model.unk_token", "\"<unk>\"", "<unk>")]
    [InlineData("model.vocab", "{}", "vocab")]
    [InlineData("model.vocab", "{\"a\": 99999999}", "vocab.a")]
    [InlineData("model.vocab", "{\"a\": -1}", "vocab.a")]
    [InlineData("model.merges", "[\"t h e\"]", "merges[0]")]
    [InlineData("model.merges", "[[\"t\", \"q\"]]", "merges[0]")]
    [InlineData("model.merges", "7", "merges")]
    [InlineData("normalizer", "{\"type\": \"BertNormalizer\"}", "BertNormalizer")]
    [InlineData("pre_tokenizer", "{\"type\": \"Whitespace\"}", "Whitespace")]
    [InlineData("pre_tokenizer", "{\"type\": \"Split\", \"pattern\": {\"Regex\": \"(\"}, \"behavior\": \"Isolated\"}", "pattern")]
    [InlineData("pre_tokenizer", "{\"type\": \"Split\", \"pattern\": {\"String\": \" \"}, \"behavior\": \"Odd\"}", "Odd")]
    [InlineData("pre_tokenizer", "{\"type\": \"Sequence\", \"pretokenizers\": [{\"type\": \"ByteLevel\"}, {\"type\": \"Digits\"}]}", "after ByteLevel")]
    [InlineData("post_processor", "{\"type\": \"BertProcessing\"}", "BertProcessing")]
    [InlineData("post_processor.special_tokens", "{}", "special_tokens")]
    [InlineData("decoder", "{\"type\": \"WordPiece\"}", "WordPiece")]
    [InlineData("added_tokens", "[{\"id\": 7, \"content\": \"<s>\"}]", "<s>")]
    [InlineData("added_tokens", "[{\"id\": \"x\", \"content\": \"<y>\"}]", "added_tokens[0].id")]
    public void What_is_unsupported_or_wrong_is_an_error_naming_file_and_place(string path, string value, string problem)
    {
        var json = JsonNode.Parse(File.ReadAllText(folder["tokenizer.json"]))!;
        var names = path.Split('.');
        var owner = names[..^1].Aggregate(json, (node, name) => node[name]!);
        owner[names[^1]] = JsonNode.Parse(value);
        File.WriteAllText(folder["tokenizer.json"], json.ToJsonString());

        var message = Assert.Throws<TextException>(() => TokenizerFolder.Load(folder.Path)).Message;

        Assert.Contains("tokenizer.json", message);
        Assert.Contains(problem, message);
    }

    [Fact]
    public void A_cut_or_flipped_file_is_a_typed_error_or_still_a_tokenizer()
    {
        var whole = File.ReadAllBytes(folder["tokenizer.json"]);
        var random = new Random(3);
        for (var i = 0; i < 200; i++)
        {
            var damaged = i % 2 == 0 ? whole[..random.Next(whole.Length)] : (byte[])whole.Clone();
            for (var flips = 0; i % 2 == 1 && flips < 3; flips++)
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            File.WriteAllBytes(folder["tokenizer.json"], damaged);
            try
            {
                TokenizerFolder.Load(folder.Path).EncodeToIds("the cat 😀");
            }
            catch (TextException e)
            {
                Assert.Contains(folder.Path, e.Message);
            }
        }
    }

    [Fact]
    public void A_folder_without_tokenizer_and_one_that_is_missing_are_errors()
    {
        Assert.Contains("no such folder", Assert.Throws<TextException>(() => TokenizerFolder.Load(folder["none"])).Message);
        Directory.CreateDirectory(folder["empty"]);
        Assert.Contains("expected tokenizer.json", Assert.Throws<TextException>(() => TokenizerFolder.Load(folder["empty"])).Message);
    }

    [Fact]
    public void Special_tokens_come_from_the_configuration_and_must_exist()
    {
        File.WriteAllText(folder["tokenizer_config.json"], """{"bos_token": {"content": "</s>"}, "eos_token": null}""");
        var tokenizer = TokenizerFolder.Load(folder.Path);
        Assert.Equal((1, null, null), (tokenizer.BosId, tokenizer.EosId, tokenizer.PadId));

        File.Delete(folder["tokenizer_config.json"]);
        tokenizer = TokenizerFolder.Load(folder.Path);
        Assert.Equal((0, 1), (tokenizer.BosId, tokenizer.EosId));

        File.WriteAllText(folder["special_tokens_map.json"], """{"pad_token": "<pad>"}""");
        Assert.Contains("<pad>", Assert.Throws<TextException>(() => TokenizerFolder.Load(folder.Path)).Message);
    }

    [Fact]
    public void The_files_of_a_tokenizer_are_those_that_a_checkpoint_carries()
    {
        File.WriteAllText(folder["config.json"], "{}");

        Assert.Equal([folder["tokenizer.json"], folder["tokenizer_config.json"]], TokenizerFolder.Files(folder.Path));
    }

    [Fact]
    public void Vocabulary_and_merges_need_a_class_that_says_how_to_split()
    {
        Directory.CreateDirectory(folder["old"]);
        File.WriteAllText(folder["old/vocab.json"], """{"a": 0, "b": 1, "ab": 2, "Ġ": 3, "1": 4, "11": 5}""");
        File.WriteAllText(folder["old/merges.txt"], "#version: 0.2\na b\n1 1\n");
        Assert.Contains("tokenizer_class", Assert.Throws<TextException>(() => TokenizerFolder.Load(folder["old"])).Message);

        File.WriteAllText(folder["old/tokenizer_config.json"], """{"tokenizer_class": "Qwen2Tokenizer", "added_tokens_decoder": {"6": {"content": "<|end|>", "special": true}}}""");
        Assert.Equal([2, 3, 4, 4, 6], TokenizerFolder.Load(folder["old"]).EncodeToIds("ab 11<|end|>"));

        File.WriteAllText(folder["old/tokenizer_config.json"], """{"tokenizer_class": "GPT2Tokenizer"}""");
        Assert.Equal([2, 3, 5], TokenizerFolder.Load(folder["old"]).EncodeToIds("ab 11"));

        File.WriteAllText(folder["old/merges.txt"], "a b\na c\n");
        Assert.Contains("line 2", Assert.Throws<TextException>(() => TokenizerFolder.Load(folder["old"])).Message);
    }

    [Fact]
    public void Tiktoken_ranks_merge_by_the_rank_of_the_result()
    {
        Directory.CreateDirectory(folder["ranks"]);
        string[] tokens = ["a", "b", "c", "bc", "ab", "abcc"];
        File.WriteAllLines(folder["ranks/tokenizer.model"], tokens.Select((t, i) => $"{Convert.ToBase64String(System.Text.Encoding.ASCII.GetBytes(t))} {i}"));
        Assert.Contains("special tokens", Assert.Throws<TextException>(() => TokenizerFolder.Load(folder["ranks"])).Message);

        File.WriteAllText(folder["ranks/tokenizer_config.json"], """{"added_tokens_decoder": {"6": {"content": "<|begin_of_text|>", "special": true}}}""");
        var tokenizer = TokenizerFolder.Load(folder["ranks"]);
        Assert.Equal([6, 0, 3], tokenizer.EncodeToIds("abc"));
        Assert.Equal([6, 5], tokenizer.EncodeToIds("abcc"));
    }
}
