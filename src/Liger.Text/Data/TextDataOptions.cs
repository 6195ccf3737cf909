namespace Liger.Text;

/// <summary>What the records of a data file are.</summary>
public enum TextDataFormat
{
    /// <summary>Told by the file's name and its first record.</summary>
    Detect,

    /// <summary><c>{"instruction", "input"?, "output"}</c>.</summary>
    Alpaca,

    /// <summary><c>{"messages": [{"role", "content"}, …]}</c>.</summary>
    Chat,

    /// <summary><c>{"prompt", "answer"}</c>; other fields are ignored.</summary>
    PromptAnswer,

    /// <summary><c>{"text"}</c>: a document a record.</summary>
    Text,

    /// <summary><c>{"ids", "answers", …}</c>: windows of tokens as <see cref="RecallFile"/> has them, each a document as it is.</summary>
    Recall,

    /// <summary>Text without records: documents separated by NUL, or one document.</summary>
    Plain,
}

/// <summary>How a data file is read.</summary>
public sealed record TextDataOptions
{
    /// <summary>What the records are; told from the file unless given.</summary>
    public TextDataFormat Format { get; init; } = TextDataFormat.Detect;

    /// <summary>How conversations are written out; told from the tokenizer unless given.</summary>
    public ChatTemplate? ChatTemplate { get; init; }

    /// <summary>Whether the end token follows every answer and document, and is scored (the default). Chat templates end turns in their own way.</summary>
    public bool EndToken { get; init; } = true;
}
