namespace Liger.Text;

/// <summary>
/// Windows in a file: one JSON object a line with <c>text</c>, <c>ids</c>, <c>answers</c> (pairs of a start and a length, in tokens), and, where
/// there are, <c>pairs</c> and <c>scored</c> ("all" where every token is to be learnt, not the answers alone). <see cref="TextData"/> reads it as
/// training data.
/// </summary>
public static class RecallFile
{
    private const string All = "all", OnlyAnswers = "answers";

    /// <summary>Writes windows, gzipped where the name ends in <c>.gz</c>; the file is there when all of it is.</summary>
    /// <param name="path">The file; one that lies there is replaced.</param>
    /// <param name="windows">The windows, taken one by one.</param>
    /// <param name="tokenizer">The tokenizer they are of.</param>
    /// <param name="onlyAnswers">Whether only the answers are scored when the file is trained on.</param>
    /// <returns>How many there were.</returns>
    /// <exception cref="TextException">The file cannot be written.</exception>
    public static int Write(string path, IEnumerable<RecallWindow> windows, Tokenizer tokenizer, bool onlyAnswers)
    {
        ArgumentNullException.ThrowIfNull(windows);
        ArgumentNullException.ThrowIfNull(tokenizer);
        using var file = JsonLinesFile.Create(path);
        foreach (var window in windows)
            file.Line(json =>
            {
                json.WriteString("text", tokenizer.Decode(window.Ids));
                JsonLinesFile.Numbers(json, "ids", window.Ids);
                json.WriteStartArray("answers");
                foreach (var answer in window.Answers)
                {
                    json.WriteStartArray();
                    json.WriteNumberValue(answer.Start);
                    json.WriteNumberValue(answer.Length);
                    json.WriteEndArray();
                }
                json.WriteEndArray();
                if (window.Pairs > 0)
                    json.WriteNumber("pairs", window.Pairs);
                json.WriteString("scored", onlyAnswers ? OnlyAnswers : All);
            });
        return file.Commit();
    }

    /// <summary>Reads all windows.</summary>
    /// <param name="path">The file, gzipped or not.</param>
    /// <param name="tokenizer">The model's tokenizer, which must be the one they were written with.</param>
    /// <exception cref="TextException">The file cannot be read, has no window, or a line is not one; the message names the line.</exception>
    public static IReadOnlyList<RecallWindow> Read(string path, Tokenizer tokenizer)
    {
        var windows = JsonRecords.Lines(path).Select(line => Parse(line, tokenizer).Window).ToList();
        return windows.Count > 0
            ? windows
            : throw new TextException($"{path}: no window — expected one JSON object a line. Give a file that 'liger data' has written.");
    }

    internal static (RecallWindow Window, bool OnlyAnswers) Parse(JsonValue line, Tokenizer tokenizer)
    {
        var ids = line["ids"].Items().Select(id => id.Integer(0, tokenizer.VocabularySize - 1)).ToArray();
        if (line["text"].TextOrNull() is { } text && tokenizer.Decode(ids) != text)
            throw line.Error("its ids do not spell its text — expected ids of this tokenizer. Make the file with the model's own tokenizer.");
        var answers = line["answers"].Items().Select(answer => Span(answer, ids.Length)).ToList();
        if (answers.Count == 0)
            throw line["answers"].Error("no answer — expected at least one [start, length].");
        var scored = line["scored"].TextOrNull() ?? OnlyAnswers;
        if (scored is not (All or OnlyAnswers))
            throw line["scored"].Error($"'{scored}' is unknown — expected {OnlyAnswers} or {All}.");
        return (new RecallWindow(ids, answers) { Pairs = line["pairs"].Exists ? line["pairs"].Integer(0, int.MaxValue) : 0 }, scored == OnlyAnswers);
    }

    private static AnswerSpan Span(JsonValue value, int tokens)
    {
        var numbers = value.Items().ToList();
        if (numbers.Count != 2)
            throw value.Error($"{numbers.Count} numbers — expected a start and a length.");
        var start = numbers[0].Integer(1, tokens - 1);
        return new AnswerSpan(start, numbers[1].Integer(1, tokens - start));
    }
}
