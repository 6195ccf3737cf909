namespace Liger.Text;

/// <summary>
/// Reads training data: JSON (an array of records), JSONL (a record a line) or plain text, gzipped or not, in UTF-8.
/// Prompts are unscored, answers and their end token scored; of plain documents every token but the first.
/// </summary>
public static class TextData
{
    /// <summary>The documents of a file, read while they are asked for (a JSON array is held in memory as bytes).</summary>
    /// <param name="file">The path of a <c>.json</c>, <c>.jsonl</c> or other text file, or of one gzipped.</param>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="options">Format and template; all told from the data where not given.</param>
    /// <exception cref="TextException">The file cannot be read, or a record is not what it should be: the message names file and line.</exception>
    public static IEnumerable<TokenSequence> Load(string file, Tokenizer tokenizer, TextDataOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        options ??= new TextDataOptions();
        if (!File.Exists(file))
            throw new TextException($"{file}: no such file. Give a .json, .jsonl or text file.");
        var name = file.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? file[..^3] : file;
        var extension = Path.GetExtension(name).ToLowerInvariant();
        if (extension is ".xz" or ".zst" or ".bz2" or ".zip" or ".parquet")
            throw new TextException($"{file}: a {extension} file — expected text or JSON, plain or gzipped. Unpack it first.");
        var isPlain = options.Format == TextDataFormat.Plain || (options.Format == TextDataFormat.Detect && extension is not (".json" or ".jsonl"));
        return isPlain ? PlainDocuments(file, tokenizer, options) : Records(file, extension == ".jsonl", tokenizer, options);
    }

    private static IEnumerable<TokenSequence> PlainDocuments(string file, Tokenizer tokenizer, TextDataOptions options)
    {
        var writer = new RecordEncoder(tokenizer, options);
        foreach (var text in PlainText.Documents(file))
            yield return writer.Document(text, file);
    }

    private static IEnumerable<TokenSequence> Records(string file, bool isLines, Tokenizer tokenizer, TextDataOptions options)
    {
        var encoder = new RecordEncoder(tokenizer, options);
        var format = options.Format;
        foreach (var record in isLines ? JsonRecords.Lines(file) : JsonRecords.Array(file))
        {
            if (format == TextDataFormat.Detect)
                format = RecordEncoder.Detect(record);
            yield return encoder.Encode(record, format);
        }
    }
}
