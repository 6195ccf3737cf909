using System.IO.Compression;
using System.Text;
using Liger.Testing;

namespace Liger.Text.Tests;

public sealed class TextDataTests : IDisposable
{
    private static readonly Tokenizer Tokenizer = TestTokenizer.Llama3;
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("a.json", """[{"instruction": "Add.", "input": "1+1", "output": "2"}, {"instruction": "Greet.", "input": "", "output": "Hi"}]""")]
    [InlineData("a.jsonl", "{\"instruction\": \"Add.\", \"input\": \"1+1\", \"output\": \"2\"}\n\n{\"instruction\": \"Greet.\", \"output\": \"Hi\"}\n")]
    public void Alpaca_records_become_the_published_prompts_with_scored_answers(string name, string content)
    {
        var documents = TextData.Load(Write(name, content), Tokenizer).ToList();

        Assert.Equal(
            "<|begin_of_text|>Below is an instruction that describes a task, paired with an input that provides further context. "
            + "Write a response that appropriately completes the request.\n\n### Instruction:\nAdd.\n\n### Input:\n1+1\n\n### Response:\n2<|end_of_text|>", Tokenizer.Decode(documents[0].Ids));
        Assert.Equal(
            "<|begin_of_text|>Below is an instruction that describes a task. Write a response that appropriately completes the request.\n\n"
            + "### Instruction:\nGreet.\n\n### Response:\nHi<|end_of_text|>", Tokenizer.Decode(documents[1].Ids));
        Assert.Equal(["2<|end_of_text|>", "Hi<|end_of_text|>"], documents.Select(d => TestTokenizer.Scored(Tokenizer, d)));
    }

    [Fact]
    public void Plain_text_is_split_at_NUL_and_scored_but_for_the_first_token()
    {
        var documents = TextData.Load(Write("a.txt", "one\0\0two\n"), Tokenizer).ToList();

        Assert.Equal(["<|begin_of_text|>one<|end_of_text|>", "<|begin_of_text|>two\n<|end_of_text|>"], documents.Select(d => Tokenizer.Decode(d.Ids)));
        Assert.Equal(["one<|end_of_text|>", "two\n<|end_of_text|>"], documents.Select(d => TestTokenizer.Scored(Tokenizer, d)));
    }

    [Fact]
    public void Documents_longer_than_the_read_buffer_stay_whole()
    {
        var text = string.Concat(Enumerable.Range(0, 30000).Select(i => $"{i} "));
        var documents = TextData.Load(Write("a.txt", text + "\0" + text), Tokenizer, new TextDataOptions { EndToken = false }).ToList();

        Assert.Equal(2, documents.Count);
        Assert.All(documents, d => Assert.Equal(text, Tokenizer.Decode(d.Ids, skipSpecialTokens: true)));
    }

    [Fact]
    public void Gzipped_chat_and_prompt_records_are_read()
    {
        var chat = folder["chat.jsonl.gz"];
        using (var stream = new GZipStream(File.Create(chat), CompressionLevel.Fastest))
            stream.Write("""{"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]}"""u8);
        var prompt = Write("p.jsonl", """{"prompt": "two plus two is", "answer": " 4", "ids": [1, 2]}""");

        Assert.Equal("a<|eot_id|>", TestTokenizer.Scored(Tokenizer, TextData.Load(chat, Tokenizer).Single()));
        Assert.Equal(" 4", TestTokenizer.Scored(Tokenizer, TextData.Load(prompt, Tokenizer, new TextDataOptions { EndToken = false }).Single()));
    }

    [Theory]
    [InlineData("a.jsonl", "{\"instruction\": \"a\", \"output\": \"b\"}\n{\"instruction\": \"a\"}", "line 2", "output")]
    [InlineData("a.jsonl", "{\"instruction\": \"a\", \"output\": \"b\"}\n\n{\"instruction\": ", "line 3", "no JSON")]
    [InlineData("a.json", "[{\"instruction\": \"a\", \"output\": \"b\"},\n{\"instruction\": \"a\",\n\"output\": 7}]", "line 2", "output")]
    [InlineData("a.json", "[{\"instruction\": \"a\", \"output\": \"b\"},\n{\"instruction\": \"a\",\n\"output\" 7}]", "line 3", "no JSON")]
    [InlineData("a.json", "[{\"instruction\": \"a\", \"output\": \"b\"}\n", "line 2", "no JSON")]
    [InlineData("a.json", "{\"instruction\": \"a\", \"output\": \"b\"}", "line 1", "array")]
    [InlineData("a.jsonl", "{\"question\": \"a\"}", "line 1", "unknown kind")]
    [InlineData("a.jsonl", "{\"messages\": [{\"role\": \"robot\", \"content\": \"\"}]}", "line 1", "robot")]
    public void A_bad_record_is_an_error_that_names_file_and_line(string name, string content, string line, string problem)
    {
        var message = Assert.Throws<TextException>(() => TextData.Load(Write(name, content), Tokenizer).ToList()).Message;

        Assert.Contains(name, message);
        Assert.Contains(line, message);
        Assert.Contains(problem, message);
    }

    [Fact]
    public void Missing_packed_and_damaged_files_are_errors()
    {
        Assert.Contains("no such file", Assert.Throws<TextException>(() => TextData.Load(folder["none.txt"], Tokenizer)).Message);
        Assert.Contains("Unpack", Assert.Throws<TextException>(() => TextData.Load(Write("a.txt.xz", "x"), Tokenizer)).Message);
        File.WriteAllBytes(folder["b.txt.gz"], [0x1F, 0x8B, 8, 0, 1, 2, 3, 4, 5, 6, 7, 8]);
        Assert.Contains("b.txt.gz", Assert.Throws<TextException>(() => TextData.Load(folder["b.txt.gz"], Tokenizer).ToList()).Message);
    }

    [MaterialFact("data/alpaca/alpaca_tiny.json")]
    public void The_sample_of_Alpaca_comes_out_as_its_authors_wrote_it()
    {
        var file = Material.Path("data/alpaca/alpaca_tiny.json");
        var expected = System.Text.Json.JsonDocument.Parse(File.ReadAllBytes(file)).RootElement.EnumerateArray().Select(r => r.GetProperty("text").GetString()).ToList();

        var texts = TextData.Load(file, Tokenizer, new TextDataOptions { EndToken = false }).Select(d => Tokenizer.Decode(d.Ids, skipSpecialTokens: true));

        Assert.Equal(expected, texts);
    }

    private string Write(string name, string content)
    {
        File.WriteAllText(folder[name], content, new UTF8Encoding(false));
        return folder[name];
    }
}
