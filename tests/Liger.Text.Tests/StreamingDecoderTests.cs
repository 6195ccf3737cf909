using System.Text;

namespace Liger.Text.Tests;

public sealed class StreamingDecoderTests
{
    public static TheoryData<string> Tokenizers => ["bytes", "sp-nfkc", "sp-identity-as-is"];

    [Theory]
    [MemberData(nameof(Tokenizers))]
    public void Text_that_arrives_token_by_token_never_splits_a_character_and_adds_up(string name)
    {
        using var folder = name == "bytes" ? null : Golden.Model(name);
        var tokenizer = folder is null ? TestTokenizer.Llama3 : TokenizerFolder.Load(folder.Path);
        foreach (var (text, bytes) in Golden.Texts.Take(1200))
        {
            if (bytes is not null || text.Contains('\uFFFD'))
                continue;
            var decoder = tokenizer.CreateDecoder(skipSpecialTokens: true);
            var ids = tokenizer.EncodeToIds(text, addSpecialTokens: false);
            var streamed = new StringBuilder();
            foreach (var id in ids)
            {
                var part = decoder.Append(id);
                Assert.DoesNotContain('\uFFFD', part);
                Assert.True(part.Length == 0 || (!char.IsHighSurrogate(part[^1]) && !char.IsLowSurrogate(part[0])));
                streamed.Append(part);
            }
            Assert.Equal("", decoder.Flush());
            Assert.Equal(tokenizer.Decode(ids, skipSpecialTokens: true), streamed.ToString());
        }
    }

    [Fact]
    public void An_unfinished_character_is_held_back_and_flushed_as_a_replacement()
    {
        var tokenizer = TestTokenizer.ChatMl;
        var ids = tokenizer.EncodeToIds("😀", addSpecialTokens: false);
        var decoder = tokenizer.CreateDecoder();

        Assert.Equal("", string.Concat(ids.Take(3).Select(decoder.Append)));
        Assert.Equal("\uFFFD", decoder.Flush());
        Assert.Equal("😀", string.Concat(ids.Select(decoder.Append)) + decoder.Flush());
    }

    [Fact]
    public void An_id_outside_the_vocabulary_is_an_error() =>
        Assert.Contains("not in the vocabulary", Assert.Throws<TextException>(() => TestTokenizer.Inst.Decode([1_000_000])).Message);
}
