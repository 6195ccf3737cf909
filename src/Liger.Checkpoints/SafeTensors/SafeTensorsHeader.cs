using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Unicode;

namespace Liger.Checkpoints;

/// <summary>Reads and checks the header of a safetensors file: eight bytes of length, little endian, then that many bytes of JSON, then the data.</summary>
internal static class SafeTensorsHeader
{
    /// <summary>The longest header, in bytes, that the format's reference reader accepts.</summary>
    public const int LongestHeader = 100_000_000;

    /// <summary>The bytes before the JSON text: its length.</summary>
    public const int PrefixLength = sizeof(ulong);

    private const string MetadataName = "__metadata__";
    private const string Damaged = "The file is damaged or its download is incomplete: fetch it again.";

    /// <summary>Checks the whole header against the size of the file.</summary>
    /// <param name="start">The file's first bytes: at least the whole header, where the file has it.</param>
    /// <param name="fileLength">The size of the file in bytes.</param>
    /// <param name="file">The file's path, for messages.</param>
    /// <returns>The tensors in the order of their data, and the free text pairs of the metadata.</returns>
    /// <exception cref="CheckpointException">The header violates the format in any way.</exception>
    public static (List<SafeTensorInfo> Tensors, Dictionary<string, string> Metadata) Parse(ReadOnlySpan<byte> start, long fileLength, string file)
    {
        var headerLength = Length(start, fileLength, file);
        var json = start.Slice(PrefixLength, headerLength);
        if (!Utf8.IsValid(json))
            throw new CheckpointException($"the header is not UTF-8 text. {Damaged}", file);
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        var tensors = new List<SafeTensorInfo>();
        try
        {
            var reader = new SafeTensorsHeaderReader(json, PrefixLength + headerLength, file);
            reader.Read(tensors, metadata);
        }
        catch (JsonException error)
        {
            throw new CheckpointException(
                $"the header is not valid JSON at byte {PrefixLength + (error.BytePositionInLine ?? 0)}: {error.Message} {Damaged}", file, null, error);
        }
        catch (InvalidOperationException error)
        {
            throw new CheckpointException($"the header holds a name that is not text: {error.Message} {Damaged}", file, null, error);
        }
        CheckLayout(tensors, PrefixLength + headerLength, fileLength, file);
        return (tensors, metadata);
    }

    /// <summary>Whether a name is the format's own key for free text, not a tensor.</summary>
    public static bool IsMetadata(string name) => name == MetadataName;

    /// <summary>Reads the header's length and checks it against the format's limit and the file's size.</summary>
    /// <param name="start">The file's first bytes.</param>
    /// <param name="fileLength">The size of the file in bytes.</param>
    /// <param name="file">The file's path, for messages.</param>
    public static int Length(ReadOnlySpan<byte> start, long fileLength, string file)
    {
        if (fileLength < PrefixLength || start.Length < PrefixLength)
            throw new CheckpointException($"the file has {fileLength} bytes — expected at least {PrefixLength}, the header's length. {Damaged}", file);
        var length = BinaryPrimitives.ReadUInt64LittleEndian(start);
        if (length > LongestHeader)
            throw new CheckpointException($"the header claims {length} bytes — expected at most {LongestHeader}. This is no safetensors file, or it is damaged.", file);
        if ((long)length > fileLength - PrefixLength)
            throw new CheckpointException($"the header claims {length} bytes — the file has {fileLength - PrefixLength} after the length. {Damaged}", file);
        return (int)length;
    }

    private static void CheckLayout(List<SafeTensorInfo> tensors, long dataStart, long fileLength, string file)
    {
        tensors.Sort(static (a, b) => a.Offset != b.Offset ? a.Offset.CompareTo(b.Offset) : a.Length.CompareTo(b.Length));
        var end = dataStart;
        SafeTensorInfo? before = null;
        foreach (var tensor in tensors)
        {
            if (tensor.Offset < end)
                throw new CheckpointException($"its bytes overlap those of '{CheckpointException.Printable(before!.Name)}'. {Damaged}", file, tensor.Name);
            if (tensor.Offset > end)
                throw new CheckpointException($"{tensor.Offset - end} bytes before it belong to no tensor — expected none. {Damaged}", file, tensor.Name);
            if (tensor.Length > fileLength - tensor.Offset)
                throw new CheckpointException(
                    $"its bytes end at {tensor.Offset + tensor.Length - dataStart} of the data — the file has {fileLength - dataStart}. {Damaged}", file, tensor.Name);
            end = tensor.Offset + tensor.Length;
            before = tensor;
        }
        if (end != fileLength)
            throw new CheckpointException($"{fileLength - end} bytes at the end belong to no tensor — expected none. {Damaged}", file);
    }
}
