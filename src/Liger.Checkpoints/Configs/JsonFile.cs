using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Liger.Checkpoints;

/// <summary>Reads and writes small JSON files, such as config.json, with every fault named by file and position.</summary>
public static class JsonFile
{
    /// <summary>The longest file that is read, in bytes. The index of the largest published checkpoints has about 10 MB.</summary>
    public const int LongestFile = 64 * 1024 * 1024;

    private const int Deepest = 64;

    /// <summary>Reads a file that holds one JSON object.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="CheckpointException">The file is missing, too long, no JSON, names a field twice, or holds something other than an object.</exception>
    public static JsonObject Read(string path)
    {
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            if (stream.Length > LongestFile)
                throw new CheckpointException($"has {stream.Length} bytes — expected at most {LongestFile}. This is no such file.", path);
            var bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            return Parse(bytes, path);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CheckpointException("does not exist. Check the path.", path, null, error);
        }
        catch (Exception error) when (FileErrors.IsFileError(error))
        {
            throw FileErrors.Reading(path, error);
        }
    }

    /// <summary>Reads one JSON object from text.</summary>
    /// <param name="utf8">The text.</param>
    /// <param name="file">The name to give in messages.</param>
    /// <exception cref="CheckpointException">The text is no JSON, names a field twice, or holds something other than an object.</exception>
    public static JsonObject Parse(ReadOnlySpan<byte> utf8, string file)
    {
        try
        {
            var options = new JsonDocumentOptions { MaxDepth = Deepest, AllowDuplicateProperties = false };
            var content = JsonNode.Parse(utf8, null, options) as JsonObject ?? throw new CheckpointException("does not hold a JSON object.", file);
            ReadTexts(content);
            return content;
        }
        catch (InvalidOperationException error)
        {
            throw new CheckpointException($"holds a text that is not Unicode: {CheckpointException.Printable(error.Message)}", file, null, error);
        }
        catch (JsonException error)
        {
            throw new CheckpointException(
                $"line {(error.LineNumber ?? 0) + 1}, byte {(error.BytePositionInLine ?? 0) + 1}: not valid JSON: {CheckpointException.Printable(error.Message)}", file, null, error);
        }
    }

    // A node decodes names and texts only when asked: all are asked here, so that a damaged one shows at once.
    private static void ReadTexts(JsonNode? node)
    {
        if (node is JsonObject fields)
            foreach (var (_, value) in fields)
                ReadTexts(value);
        else if (node is JsonArray items)
            foreach (var item in items)
                ReadTexts(item);
        else if (node is JsonValue value && value.GetValueKind() == JsonValueKind.String)
            _ = value.GetValue<string>();
    }

    /// <summary>The text of an object as Hugging Face writes it: indented by two, characters unescaped, a line end at the end.</summary>
    /// <param name="content">The object.</param>
    public static byte[] Format(JsonObject content)
    {
        using var text = new MemoryStream();
        using (var json = new Utf8JsonWriter(text, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
            content.WriteTo(json);
        text.WriteByte((byte)'\n');
        return text.ToArray();
    }

    /// <summary>Writes or replaces a file, beside and renamed.</summary>
    /// <param name="path">The file; its folder must exist.</param>
    /// <param name="content">The object.</param>
    /// <exception cref="CheckpointException">The place cannot be written.</exception>
    public static void Write(string path, JsonObject content) => AtomicFile.Write(path, Format(content));
}
