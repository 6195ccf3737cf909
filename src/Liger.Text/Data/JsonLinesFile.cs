using System.IO.Compression;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Liger.Text;

/// <summary>Writes a file of one JSON object a line beside its place, and puts it there when it is complete; gzipped where the name ends in <c>.gz</c>.</summary>
internal sealed class JsonLinesFile : IDisposable
{
    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly string path, partial;
    private readonly Stream stream;
    private int lines;

    private JsonLinesFile(string path, string partial, Stream stream) => (this.path, this.partial, this.stream) = (path, partial, stream);

    /// <param name="path">The file.</param>
    /// <param name="level">How hard a gzipped file is packed.</param>
    internal static JsonLinesFile Create(string path, CompressionLevel level = CompressionLevel.Optimal)
    {
        var partial = path + ".part";
        return Guard(path, () =>
        {
            var file = new FileStream(partial, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16);
            return new JsonLinesFile(path, partial, path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? new GZipStream(file, level) : file);
        });
    }

    /// <summary>Writes one object.</summary>
    internal void Line(Action<Utf8JsonWriter> members) => Guard(path, () =>
    {
        using (var json = new Utf8JsonWriter(stream, Readable))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }
        stream.WriteByte((byte)'\n');
        return ++lines;
    });

    internal static void Numbers(Utf8JsonWriter json, string name, IEnumerable<int> numbers)
    {
        json.WriteStartArray(name);
        foreach (var number in numbers)
            json.WriteNumberValue(number);
        json.WriteEndArray();
    }

    /// <summary>Puts the file in its place.</summary>
    /// <returns>How many lines it has.</returns>
    internal int Commit() => Guard(path, () =>
    {
        stream.Dispose();
        File.Move(partial, path, overwrite: true);
        return lines;
    });

    public void Dispose()
    {
        stream.Dispose();
        File.Delete(partial);
    }

    private static T Guard<T>(string path, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new TextException($"{path}: cannot be written: {e.Message}", e);
        }
    }
}
