using System.IO.Compression;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Liger.TinyLlama.Needles;

/// <summary>Writes recall cases as gzipped JSON lines with the fields prompt, answer, distance, ids and answer_ids.</summary>
public static class NeedleFile
{
    /// <summary>Writes the cases beside the path and renames.</summary>
    public static void Write(string path, IEnumerable<NeedleCase> cases)
    {
        var partial = path + ".part";
        using (var file = File.Create(partial))
        using (var zipped = new GZipStream(file, CompressionLevel.SmallestSize))
            foreach (var one in cases)
            {
                WriteLine(zipped, one);
                zipped.WriteByte((byte)'\n');
            }
        File.Move(partial, path, overwrite: true);
    }

    private static void WriteLine(Stream to, NeedleCase one)
    {
        using var json = new Utf8JsonWriter(to, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        json.WriteStartObject();
        json.WriteString("prompt", one.Prompt);
        json.WriteString("answer", one.Answer);
        json.WriteNumber("distance", one.Distance);
        WriteIds(json, "ids", one.Ids);
        WriteIds(json, "answer_ids", one.AnswerIds);
        json.WriteEndObject();
    }

    private static void WriteIds(Utf8JsonWriter json, string name, IReadOnlyList<int> ids)
    {
        json.WriteStartArray(name);
        foreach (var id in ids)
            json.WriteNumberValue(id);
        json.WriteEndArray();
    }
}
