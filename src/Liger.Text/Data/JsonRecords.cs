using System.Text;
using System.Text.Json;

namespace Liger.Text;

/// <summary>The records of a JSON or JSONL file, each with the line it stands on.</summary>
internal static class JsonRecords
{
    /// <summary>The largest array file; larger data belongs into JSONL, which is read line by line.</summary>
    private const long MaximumArrayBytes = 1L << 30;

    /// <summary>A record a line; blank lines are skipped.</summary>
    public static IEnumerable<JsonValue> Lines(string file)
    {
        using var reader = new StreamReader(PlainText.Open(file), new UTF8Encoding(false, throwOnInvalidBytes: true));
        for (var number = 1; ReadLine(reader, file, number) is { } line; number++)
        {
            if (string.IsNullOrWhiteSpace(line))
                continue;
            yield return Parse(line, file, number);
        }
    }

    /// <summary>The items of the array that is the whole file.</summary>
    public static IEnumerable<JsonValue> Array(string file)
    {
        var bytes = ReadAll(file);
        var (position, line, more) = (0, 1, true);
        var state = new JsonReaderState(new JsonReaderOptions { MaxDepth = 64 });
        var begun = false;
        while (more)
        {
            JsonValue? item;
            (more, item) = Next(bytes, ref position, ref line, ref state, ref begun, file);
            if (item is { } value)
                yield return value;
        }
    }

    private static (bool More, JsonValue? Item) Next(byte[] bytes, ref int position, ref int line, ref JsonReaderState state, ref bool begun, string file)
    {
        try
        {
            var reader = new Utf8JsonReader(bytes.AsSpan(position), isFinalBlock: true, state);
            if (!begun)
            {
                begun = true;
                if (!reader.Read() || reader.TokenType != JsonTokenType.StartArray)
                    throw new TextException($"{file}: line 1: expected an array of records. Name the file .jsonl if it has a record a line.");
            }
            if (!reader.Read() || reader.TokenType == JsonTokenType.EndArray)
            {
                if (reader.Read())
                    throw new TextException($"{file}: something after the array of records. Repair the file.");
                return (false, null);
            }
            line += bytes.AsSpan(position, (int)reader.TokenStartIndex).Count((byte)'\n');
            var start = position + (int)reader.TokenStartIndex;
            using var document = JsonDocument.ParseValue(ref reader);
            position += (int)reader.BytesConsumed;
            var item = new JsonValue(file, $"line {line}", document.RootElement.Clone());
            line += bytes.AsSpan(start, position - start).Count((byte)'\n');
            state = reader.CurrentState;
            return (true, item);
        }
        catch (JsonException e)
        {
            throw new TextException($"{file}: line {(e.LineNumber ?? 0) + 1}: no JSON: {e.Message}", e);
        }
    }

    private static JsonValue Parse(string line, string file, int number)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            return new JsonValue(file, $"line {number}", document.RootElement.Clone());
        }
        catch (JsonException e)
        {
            throw new TextException($"{file}: line {number}: no JSON: {e.Message}", e);
        }
    }

    private static string? ReadLine(StreamReader reader, string file, int number)
    {
        try
        {
            return reader.ReadLine();
        }
        catch (DecoderFallbackException e)
        {
            throw new TextException($"{file}: line {number} or soon after: not UTF-8. Convert the file.", e);
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            throw PlainText.Unreadable(file, e);
        }
    }

    private static byte[] ReadAll(string file)
    {
        try
        {
            using var stream = PlainText.Open(file);
            using var bytes = new MemoryStream();
            var buffer = new byte[1 << 16];
            for (int count; (count = stream.Read(buffer)) > 0;)
            {
                bytes.Write(buffer, 0, count);
                if (bytes.Length > MaximumArrayBytes)
                    throw new TextException($"{file}: more than {MaximumArrayBytes} bytes in one array — expected fewer. Convert it to .jsonl.");
            }
            var all = bytes.ToArray();
            return all.AsSpan().StartsWith("\uFEFF"u8) ? all[3..] : all;
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            throw PlainText.Unreadable(file, e);
        }
    }
}
