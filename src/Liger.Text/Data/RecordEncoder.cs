namespace Liger.Text;

/// <summary>Turns records into token sequences.</summary>
internal sealed class RecordEncoder(Tokenizer tokenizer, TextDataOptions options)
{
    private ChatTemplate? template = options.ChatTemplate;

    /// <summary>The format of a file by the fields of its first record.</summary>
    public static TextDataFormat Detect(JsonValue record)
    {
        if (record["instruction"].Exists)
            return TextDataFormat.Alpaca;
        if (record["messages"].Exists)
            return TextDataFormat.Chat;
        if (record["prompt"].Exists)
            return TextDataFormat.PromptAnswer;
        if (record["answers"].Exists)
            return TextDataFormat.Recall;
        if (record["text"].Exists)
            return TextDataFormat.Text;
        throw record.Error("a record of unknown kind — expected instruction and output, messages, prompt and answer, ids and answers, or text.");
    }

    public TokenSequence Encode(JsonValue record, TextDataFormat format)
    {
        switch (format)
        {
            case TextDataFormat.Alpaca:
                return Answer(AlpacaPrompt.Format(record["instruction"].Text(), record["input"].TextOrNull()), record["output"].Text(), record);
            case TextDataFormat.PromptAnswer:
                return Answer(record["prompt"].Text(), record["answer"].Text(), record);
            case TextDataFormat.Text:
                return Document(record["text"].Text(), $"{record.File}: {record.Path}");
            case TextDataFormat.Recall:
                var (window, onlyAnswers) = RecallFile.Parse(record, tokenizer);
                return window.Sequence(onlyAnswers);
            default:
                var messages = record["messages"].Items().Select(m => new ChatMessage(m["role"].Text(), m["content"].Text())).ToList();
                try
                {
                    return (template ??= ChatTemplate.Detect(tokenizer)).Encode(tokenizer, messages);
                }
                catch (TextException e)
                {
                    throw record.Error(e.Message);
                }
        }
    }

    /// <summary>A document without prompt: everything is scored but its first token.</summary>
    public TokenSequence Document(string text, string where)
    {
        var output = new TokenSequenceBuilder(tokenizer).Add(tokenizer.EncodeToIds(text), scored: true);
        return End(output, where);
    }

    /// <summary>Prompt and answer are tokenized apart, as in the published training, so that generation meets the same tokens.</summary>
    private TokenSequence Answer(string prompt, string answer, JsonValue record)
    {
        var output = new TokenSequenceBuilder(tokenizer).Add(tokenizer.EncodeToIds(prompt), scored: false).Text(answer, scored: true);
        return End(output, $"{record.File}: {record.Path}");
    }

    private TokenSequence End(TokenSequenceBuilder output, string where)
    {
        if (options.EndToken)
            output.Add(tokenizer.EosId ?? throw new TextException($"{where}: the tokenizer names no end token — expected one to end the text with. Name it in tokenizer_config.json (eos_token) or turn the end token off."), scored: true);
        return output.Build();
    }
}
