using System.Text.Json;
using System.Text.Json.Serialization;
using Liger.Checkpoints;
using Liger.Evaluation;

namespace Liger.Steps;

/// <summary>Collects what was measured sample by sample, one JSON object a line; the file is there when all of it is.</summary>
internal sealed class RecordFile : IDisposable
{
    private readonly string path;
    private readonly MemoryStream lines = new();

    private RecordFile(string path) => this.path = path;

    /// <summary>Makes sure that the place can be written to, before anything is measured.</summary>
    internal static RecordFile Create(string path)
    {
        OutputFolder.CheckWritable(Path.GetDirectoryName(Path.GetFullPath(path))!);
        return new RecordFile(path);
    }

    internal void Add(WindowRecord record) => Line(JsonSerializer.SerializeToUtf8Bytes(record, RecordJson.Default.WindowRecord));

    internal void Add(NeedleRecord record) => Line(JsonSerializer.SerializeToUtf8Bytes(record, RecordJson.Default.NeedleRecord));

    internal void Add(AssociativeRecord record) => Line(JsonSerializer.SerializeToUtf8Bytes(record, RecordJson.Default.AssociativeRecord));

    /// <summary>Writes the file, beside and renamed.</summary>
    internal void Commit() => AtomicFile.Write(path, lines.ToArray());

    public void Dispose() => lines.Dispose();

    private void Line(byte[] json)
    {
        lines.Write(json);
        lines.WriteByte((byte)'\n');
    }
}

/// <summary>Records as JSON on one line.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(WindowRecord))]
[JsonSerializable(typeof(NeedleRecord))]
[JsonSerializable(typeof(AssociativeRecord))]
internal sealed partial class RecordJson : JsonSerializerContext;
