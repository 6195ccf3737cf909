using System.IO.Compression;
using System.Text.Json;
using Liger.Text;

namespace Liger.Evaluation;

/// <summary>
/// Reads recall cases: one JSON object a line with <c>prompt</c>, <c>answer</c>, <c>distance</c>, and, where the writer knew the tokenizer,
/// <c>ids</c> and <c>answer_ids</c>. The file may be gzipped, whatever its name.
/// </summary>
public static class NeedleFile
{
    private const int GzipFirst = 0x1f;
    private const int GzipSecond = 0x8b;

    /// <summary>
    /// Reads all cases. The file's ids are taken where the tokenizer decodes them to the case's prompt and answer; elsewhere both are
    /// tokenized together, so that the answer's tokens are those it has behind the prompt.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <exception cref="EvaluationException">The file cannot be read, has no case, or a line is not one; the message names the line.</exception>
    public static IReadOnlyList<NeedleCase> Read(string path, Tokenizer tokenizer)
    {
        var cases = new List<NeedleCase>();
        var number = 0;
        try
        {
            using var reader = new StreamReader(Open(path));
            while (reader.ReadLine() is { } line)
            {
                number++;
                if (!string.IsNullOrWhiteSpace(line))
                    cases.Add(Parse(line, tokenizer));
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw new EvaluationException($"{path}: the recall cases cannot be read: {e.Message}", e);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw new EvaluationException($"{path}: line {number}: {e.Message} — expected an object with prompt, answer and distance. Repair the line.", e);
        }
        return cases.Count > 0 ? cases : throw new EvaluationException($"{path}: no recall case — expected one JSON object a line. Give a file with cases.");
    }

    private static Stream Open(string path)
    {
        var file = File.OpenRead(path);
        var zipped = file.ReadByte() == GzipFirst && file.ReadByte() == GzipSecond;
        file.Position = 0;
        return zipped ? new GZipStream(file, CompressionMode.Decompress) : file;
    }

    private static NeedleCase Parse(string line, Tokenizer tokenizer)
    {
        using var document = JsonDocument.Parse(line);
        var root = document.RootElement;
        var (prompt, answer) = (Text(root, "prompt"), Text(root, "answer"));
        if (!root.TryGetProperty("distance", out var distance))
            throw new JsonException("no field 'distance'");
        var (ids, answerIds) = (Ids(root, "ids"), Ids(root, "answer_ids"));
        if (!Spells(tokenizer, ids, prompt) || !Spells(tokenizer, answerIds, answer))
            (ids, answerIds) = Tokenize(tokenizer, prompt, answer);
        return new NeedleCase(prompt, answer, distance.GetInt32(), ids!, answerIds!);
    }

    private static string Text(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value) && value.GetString() is { Length: > 0 } text ? text : throw new JsonException($"no text in field '{name}'");

    private static int[]? Ids(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? [.. value.EnumerateArray().Select(id => id.GetInt32())] : null;

    private static bool Spells(Tokenizer tokenizer, int[]? ids, string text) =>
        ids is { Length: > 0 } && ids.All(id => id >= 0 && id < tokenizer.VocabularySize && tokenizer.IdToToken(id) is not null)
        && tokenizer.Decode(ids, skipSpecialTokens: true) == text;

    private static (int[] Prompt, int[] Answer) Tokenize(Tokenizer tokenizer, string prompt, string answer)
    {
        var alone = tokenizer.EncodeToIds(prompt, addSpecialTokens: false);
        var whole = tokenizer.EncodeToIds(prompt + answer, addSpecialTokens: false);
        // Where the answer's beginning joins the prompt's last token, that token belongs to the answer.
        var shared = alone.Zip(whole).TakeWhile(pair => pair.First == pair.Second).Count();
        int[] begin = tokenizer.BosId is { } id ? [id] : [];
        var ids = (int[])[.. begin, .. whole.Take(shared)];
        return ids.Length > 0 && shared < whole.Count
            ? (ids, [.. whole.Skip(shared)])
            : throw new JsonException("prompt and answer leave no token for one of the two");
    }
}
