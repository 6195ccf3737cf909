using System.Text.Json;

namespace Liger.Checkpoints;

/// <summary>Walks the JSON text of a header. Nothing is allocated from a number in the file, only from the text that is really there.</summary>
internal ref struct SafeTensorsHeaderReader
{
    private const int MostDimensions = 64;
    private const int DeepestJson = 8;

    private readonly long dataStart;
    private readonly string file;
    private Utf8JsonReader json;

    /// <summary>Starts at the beginning of the JSON text.</summary>
    /// <param name="text">The header's JSON, known to be UTF-8.</param>
    /// <param name="dataStart">Where the data begin in the file; offsets in the header count from there.</param>
    /// <param name="file">The file's path, for messages.</param>
    public SafeTensorsHeaderReader(ReadOnlySpan<byte> text, long dataStart, string file)
    {
        this.dataStart = dataStart;
        this.file = file;
        json = new Utf8JsonReader(text, new JsonReaderOptions { MaxDepth = DeepestJson });
    }

    /// <summary>Reads the whole text.</summary>
    /// <param name="tensors">Receives the tensors in the order of the text.</param>
    /// <param name="metadata">Receives the free text pairs.</param>
    public void Read(List<SafeTensorInfo> tensors, Dictionary<string, string> metadata)
    {
        Expect(JsonTokenType.StartObject, "the header", null);
        var names = new HashSet<string>(StringComparer.Ordinal);
        while (Next() == JsonTokenType.PropertyName)
        {
            var name = json.GetString()!;
            if (!names.Add(name))
                throw new CheckpointException("the header names it twice — expected each name once. The file is damaged.", file, name);
            if (SafeTensorsHeader.IsMetadata(name))
                ReadMetadata(metadata);
            else
                tensors.Add(ReadTensor(name));
        }
        if (json.Read())
            throw new CheckpointException("the header goes on after its object. The file is damaged.", file);
    }

    private void ReadMetadata(Dictionary<string, string> metadata)
    {
        if (Next() == JsonTokenType.Null)
            return;
        if (json.TokenType != JsonTokenType.StartObject)
            throw Unexpected("__metadata__", "an object of strings", null);
        while (Next() == JsonTokenType.PropertyName)
        {
            var key = json.GetString()!;
            Expect(JsonTokenType.String, $"__metadata__ '{CheckpointException.Printable(key)}'", null);
            if (!metadata.TryAdd(key, json.GetString()!))
                throw new CheckpointException($"__metadata__ names '{CheckpointException.Printable(key)}' twice. The file is damaged.", file);
        }
    }

    private SafeTensorInfo ReadTensor(string name)
    {
        Expect(JsonTokenType.StartObject, "the entry", name);
        string? dtype = null;
        List<long>? shape = null, offsets = null;
        while (Next() == JsonTokenType.PropertyName)
        {
            var key = json.GetString()!;
            var twice = key switch { "dtype" => dtype is not null, "shape" => shape is not null, "data_offsets" => offsets is not null, _ => false };
            if (twice)
                throw new CheckpointException($"its {key} is given twice. The file is damaged.", file, name);
            switch (key)
            {
                case "dtype":
                    Expect(JsonTokenType.String, "its dtype", name);
                    dtype = json.GetString();
                    break;
                case "shape":
                    shape = ReadNumbers("its shape", MostDimensions, name);
                    break;
                case "data_offsets":
                    offsets = ReadNumbers("its data_offsets", 2, name);
                    break;
                default:
                    throw new CheckpointException($"its entry has an unknown field '{CheckpointException.Printable(key)}' — expected dtype, shape, data_offsets.", file, name);
            }
        }
        return Checked(name, dtype, shape, offsets);
    }

    private readonly SafeTensorInfo Checked(string name, string? dtype, List<long>? shape, List<long>? offsets)
    {
        if (dtype is null || shape is null || offsets is null)
            throw new CheckpointException("its entry lacks dtype, shape or data_offsets. The file is damaged.", file, name);
        if (SafeTensorsDtype.IsKnownButUnsupported(dtype))
            throw new CheckpointException($"its dtype {dtype} cannot be read — expected one of {SafeTensorsDtype.Names}. Use a checkpoint that is not quantized.", file, name);
        if (!SafeTensorsDtype.TryParse(dtype, out var type))
            throw new CheckpointException($"its dtype is '{CheckpointException.Printable(dtype)}' — expected one of {SafeTensorsDtype.Names}.", file, name);
        if (offsets.Count != 2 || offsets[0] > offsets[1] || offsets[1] > long.MaxValue - dataStart)
            throw new CheckpointException($"its data_offsets are [{string.Join(", ", offsets)}] — expected [begin, end] with begin ≤ end. The file is damaged.", file, name);
        var length = offsets[1] - offsets[0];
        long needed = SafeTensorsDtype.Size(type);
        try
        {
            foreach (var size in shape)
                needed = checked(needed * size);
        }
        catch (OverflowException)
        {
            throw new CheckpointException($"its shape [{string.Join(", ", shape)}] overflows. The file is damaged.", file, name);
        }
        if (needed != length)
            throw new CheckpointException(
                $"it has {length} bytes — expected {needed} for {dtype} [{string.Join(", ", shape)}]. The file is damaged.", file, name);
        return new SafeTensorInfo(name, type, [.. shape], dataStart + offsets[0], length);
    }

    private List<long> ReadNumbers(string what, int most, string name)
    {
        Expect(JsonTokenType.StartArray, what, name);
        var numbers = new List<long>(4);
        while (Next() != JsonTokenType.EndArray)
        {
            if (json.TokenType != JsonTokenType.Number || !json.TryGetInt64(out var number) || number < 0)
                throw Unexpected(what, "whole numbers from 0 to 2^63 - 1", name);
            if (numbers.Count == most)
                throw new CheckpointException($"{what} has more than {most} numbers. The file is damaged.", file, name);
            numbers.Add(number);
        }
        return numbers;
    }

    private JsonTokenType Next()
    {
        if (!json.Read())
            throw new CheckpointException("the header ends early. The file is damaged.", file);
        return json.TokenType;
    }

    private void Expect(JsonTokenType token, string what, string? name)
    {
        if (Next() != token)
            throw Unexpected(what, token switch { JsonTokenType.StartObject => "an object", JsonTokenType.StartArray => "an array", _ => "a string" }, name);
    }

    private readonly CheckpointException Unexpected(string what, string expected, string? name) =>
        new($"{what} is not as the format has it — expected {expected}, got {json.TokenType}. The file is damaged.", file, name);
}
