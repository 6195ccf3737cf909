using System.IO.Compression;

namespace Liger.Text;

/// <summary>
/// Recall cases in a file: one JSON object a line with <c>prompt</c>, <c>answer</c>, <c>distance</c>, and, where the writer knew the tokenizer,
/// <c>ids</c> and <c>answer_ids</c>. The file may be gzipped, whatever its name.
/// </summary>
public static class NeedleFile
{
    /// <summary>
    /// Reads all cases. The file's ids are taken where the tokenizer decodes them to the case's prompt and answer; elsewhere both are
    /// tokenized together, so that the answer's tokens are those it has behind the prompt.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <exception cref="TextException">The file cannot be read, has no case, or a line is not one; the message names the line.</exception>
    public static IReadOnlyList<NeedleCase> Read(string path, Tokenizer tokenizer)
    {
        var cases = JsonRecords.Lines(path).Select(line => Parse(line, tokenizer)).ToList();
        return cases.Count > 0
            ? cases
            : throw new TextException($"{path}: no recall case — expected one JSON object a line. Give a file with cases.");
    }

    /// <summary>Writes cases, gzipped where the name ends in <c>.gz</c>; the file is there when all of it is.</summary>
    /// <param name="path">The file; one that lies there is replaced.</param>
    /// <param name="cases">The cases, taken one by one.</param>
    /// <returns>How many there were.</returns>
    /// <exception cref="TextException">The file cannot be written.</exception>
    public static int Write(string path, IEnumerable<NeedleCase> cases)
    {
        using var file = JsonLinesFile.Create(path, CompressionLevel.SmallestSize);
        foreach (var one in cases)
            file.Line(json =>
            {
                json.WriteString("prompt", one.Prompt);
                json.WriteString("answer", one.Answer);
                json.WriteNumber("distance", one.Distance);
                JsonLinesFile.Numbers(json, "ids", one.PromptIds);
                JsonLinesFile.Numbers(json, "answer_ids", one.AnswerIds);
            });
        return file.Commit();
    }

    private static NeedleCase Parse(JsonValue line, Tokenizer tokenizer)
    {
        var (prompt, answer) = (Text(line["prompt"]), Text(line["answer"]));
        var distance = line["distance"].Integer(0, int.MaxValue);
        var (ids, answerIds) = (Ids(line["ids"]), Ids(line["answer_ids"]));
        if (!Spell(tokenizer, ids, answerIds, prompt, answer))
            (ids, answerIds) = Tokenize(line, tokenizer, prompt, answer);
        return new NeedleCase(prompt, answer, distance, ids, answerIds);
    }

    private static string Text(JsonValue value) =>
        value.Text() is { Length: > 0 } text ? text : throw value.Error("expected a text, got an empty one.");

    private static int[] Ids(JsonValue value) => [.. value.Items().Select(id => id.Integer(0, int.MaxValue))];

    // Decoded together: some tokenizers drop the space before a text's first word. Special tokens may be written out in the prompt.
    private static bool Spell(Tokenizer tokenizer, int[] ids, int[] answerIds, string prompt, string answer) =>
        ids.Length > 0 && answerIds.Length > 0
        && ids.Concat(answerIds).All(id => id < tokenizer.VocabularySize && tokenizer.IdToToken(id) is not null)
        && (Spell(tokenizer, ids, answerIds, prompt, answer, skipSpecial: true)
            || Spell(tokenizer, ids[0] == tokenizer.BosId ? ids[1..] : ids, answerIds, prompt, answer, skipSpecial: false));

    private static bool Spell(Tokenizer tokenizer, int[] ids, int[] answerIds, string prompt, string answer, bool skipSpecial) =>
        tokenizer.Decode(ids, skipSpecial) == prompt && tokenizer.Decode(ids.Concat(answerIds), skipSpecial) == prompt + answer;

    private static (int[] Prompt, int[] Answer) Tokenize(JsonValue line, Tokenizer tokenizer, string prompt, string answer)
    {
        var alone = tokenizer.EncodeToIds(prompt, addSpecialTokens: false);
        var whole = tokenizer.EncodeToIds(prompt + answer, addSpecialTokens: false);
        // Where the answer's beginning joins the prompt's last token, that token belongs to the answer.
        var shared = alone.Zip(whole).TakeWhile(pair => pair.First == pair.Second).Count();
        int[] begin = tokenizer.BosId is { } id ? [id] : [];
        var ids = (int[])[.. begin, .. whole.Take(shared)];
        return ids.Length > 0 && shared < whole.Count
            ? (ids, [.. whole.Skip(shared)])
            : throw line.Error("prompt and answer leave no token for one of the two.");
    }
}
