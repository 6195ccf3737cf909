using System.Text.Json;
using Liger.Testing;

namespace Liger.Text.Tests;

public sealed class BpeTrainerTests
{
    private static readonly string[] Texts = ["the cat sat on the mat. the cat ate.", "a cat, 2024 cats; the hat!\n\nthe end", "naïve façade 😀 😀"];

    [Fact]
    public void The_most_frequent_pair_is_merged_first()
    {
        var trained = BpeTrainer.Train(["ab ab ab ab cd cd"], 260, ["<|s|>"]);

        Assert.Equal(("a", "b"), trained.Merges[0]);
        Assert.Equal(260, trained.Vocabulary.Count);
        Assert.Equal("<|s|>", trained.Vocabulary[0]);
    }

    [Fact]
    public void A_saved_tokenizer_gives_every_text_back_and_begins_with_the_first_special_token()
    {
        using var folder = new TemporaryFolder();
        BpeTrainer.Train(Texts, 276, ["<|begin|>", "<|end|>"]).Save(folder.Path);

        var tokenizer = TokenizerFolder.Load(folder.Path);

        Assert.Equal((0, 1, 276), (tokenizer.BosId, tokenizer.EosId, tokenizer.VocabularySize));
        foreach (var text in Texts.Append("unseen ж 字 \u0000 𝟘"))
        {
            var ids = tokenizer.EncodeToIds(text);
            Assert.Equal(0, ids[0]);
            Assert.Equal(text, tokenizer.Decode(ids, skipSpecialTokens: true));
            Assert.Equal("<|begin|>" + text, tokenizer.Decode(ids));
        }
        Assert.True(tokenizer.CountTokens("the cat sat") < 8);
    }

    [Fact]
    public void Training_twice_writes_the_same_bytes()
    {
        using var first = new MemoryStream();
        using var second = new MemoryStream();
        BpeTrainer.Train(Texts, 276, ["<|begin|>"]).WriteTokenizer(first);
        BpeTrainer.Train(Texts, 276, ["<|begin|>"]).WriteTokenizer(second);

        Assert.Equal(first.ToArray(), second.ToArray());
        Assert.Equal(276, JsonDocument.Parse(first.ToArray()).RootElement.GetProperty("model").GetProperty("vocab").EnumerateObject().Count());
    }

    [Theory]
    [InlineData(200, "size 200")]
    [InlineData(5000, "give only")]
    public void A_size_out_of_reach_is_an_error(int size, string message) =>
        Assert.Contains(message, Assert.Throws<TextException>(() => BpeTrainer.Train(Texts, size, [])).Message);
}
