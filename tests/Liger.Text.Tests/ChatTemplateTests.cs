namespace Liger.Text.Tests;

public sealed class ChatTemplateTests
{
    private static readonly ChatMessage[] Talk = [new("system", "Be brief."), new("user", "Hi?"), new("assistant", "Hello!"), new("user", "And?"), new("assistant", "Bye.")];

    [Fact]
    public void Llama_3_is_written_with_its_headers_and_scores_the_assistant()
    {
        var document = ChatTemplate.Detect(TestTokenizer.Llama3).Encode(TestTokenizer.Llama3, Talk);

        Assert.Equal(
            "<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nBe brief.<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nHi?<|eot_id|>"
            + "<|start_header_id|>assistant<|end_header_id|>\n\nHello!<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nAnd?<|eot_id|>"
            + "<|start_header_id|>assistant<|end_header_id|>\n\nBye.<|eot_id|>", TestTokenizer.Llama3.Decode(document.Ids));
        Assert.Equal("Hello!<|eot_id|>¦Bye.<|eot_id|>", TestTokenizer.Scored(TestTokenizer.Llama3, document));
    }

    [Fact]
    public void ChatML_is_written_with_line_breaks_and_scores_the_assistant()
    {
        var document = ChatTemplate.Detect(TestTokenizer.ChatMl).Encode(TestTokenizer.ChatMl, Talk);

        Assert.Equal(
            "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi?<|im_end|>\n<|im_start|>assistant\nHello!<|im_end|>\n"
            + "<|im_start|>user\nAnd?<|im_end|>\n<|im_start|>assistant\nBye.<|im_end|>\n", TestTokenizer.ChatMl.Decode(document.Ids));
        Assert.Equal("Hello!<|im_end|>¦Bye.<|im_end|>", TestTokenizer.Scored(TestTokenizer.ChatMl, document));
    }

    [Theory]
    [InlineData("llama-2", "<s>[INST] <<SYS>>\nBe brief.\n<</SYS>>\n\nHi? [/INST] Hello! </s><s>[INST] And? [/INST] Bye. </s>", " Hello! </s>¦ Bye. </s>")]
    [InlineData("mistral", "<s>[INST] Be brief.\n\nHi? [/INST] Hello!</s>[INST] And? [/INST] Bye.</s>", " Hello!</s>¦ Bye.</s>")]
    public void The_inst_templates_are_written_as_published(string name, string text, string scored)
    {
        var document = ChatTemplate.Named(name).Encode(TestTokenizer.Inst, Talk);

        Assert.Equal(text, TestTokenizer.Inst.Decode(document.Ids));
        Assert.Equal(scored, TestTokenizer.Scored(TestTokenizer.Inst, document));
    }

    [Theory]
    [InlineData("llama-3")]
    [InlineData("chatml")]
    [InlineData("llama-2")]
    [InlineData("mistral")]
    public void A_prompt_is_the_beginning_of_the_example_that_answers_it(string name)
    {
        var tokenizer = name switch { "llama-3" => TestTokenizer.Llama3, "chatml" => TestTokenizer.ChatMl, _ => TestTokenizer.Inst };
        var template = ChatTemplate.Named(name);
        var whole = template.Encode(tokenizer, Talk);

        var prompt = template.EncodePrompt(tokenizer, Talk[..4]);

        Assert.Equal(whole.Ids.Take(prompt.Count), prompt);
        Assert.Equal(TokenSequence.Unscored, whole.Labels[prompt.Count - 1]);
        Assert.NotEqual(TokenSequence.Unscored, whole.Labels[prompt.Count]);
    }

    [Fact]
    public void Turns_out_of_order_missing_tokens_and_unknown_names_are_errors()
    {
        var template = ChatTemplate.Named("llama-3");
        Assert.Contains("'assistant'", Assert.Throws<TextException>(() => template.Encode(TestTokenizer.Llama3, [new("assistant", "x")])).Message);
        Assert.Contains("no assistant", Assert.Throws<TextException>(() => template.Encode(TestTokenizer.Llama3, [new("user", "x")])).Message);
        Assert.Contains("<|begin_of_text|>", Assert.Throws<TextException>(() => template.Encode(TestTokenizer.Inst, Talk)).Message);
        Assert.Contains("llama-2", Assert.Throws<TextException>(() => ChatTemplate.Named("alpaca")).Message);
        Assert.Contains("do not tell", Assert.Throws<TextException>(() => ChatTemplate.Detect(TestTokenizer.Inst)).Message);
    }
}
