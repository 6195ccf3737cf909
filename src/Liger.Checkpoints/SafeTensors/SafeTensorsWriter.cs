using System.Buffers.Binary;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Win32.SafeHandles;
using TorchSharp;
using static TorchSharp.torch;

namespace Liger.Checkpoints;

/// <summary>Writes a safetensors file piece by piece: the header first, from names, types and shapes, then each tensor's bytes in any order. Beside
/// and renamed: disposed without <see cref="Commit"/>, it leaves nothing.
/// Layout as of the reference writer: larger element types first, then by name, the header padded with spaces to a multiple of 8 bytes.</summary>
public sealed class SafeTensorsWriter : IDisposable
{
    private const int Alignment = 8;

    private readonly Dictionary<string, SafeTensorInfo> infos = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> written = new(StringComparer.Ordinal);
    private readonly string temporary;
    private readonly SafeFileHandle file;
    private bool committed;

    private SafeTensorsWriter(string path, List<SafeTensorEntry> entries, IReadOnlyDictionary<string, string> metadata)
    {
        Path = path;
        temporary = AtomicFile.Beside(path);
        entries.Sort(static (a, b) =>
        {
            var bySize = SafeTensorsDtype.Size(b.Dtype).CompareTo(SafeTensorsDtype.Size(a.Dtype));
            return bySize != 0 ? bySize : string.CompareOrdinal(a.Name, b.Name);
        });
        var header = Header(entries, metadata);
        Length = header.Length;
        foreach (var entry in entries)
        {
            if (entry.Name.Length == 0 || SafeTensorsHeader.IsMetadata(entry.Name) || !infos.TryAdd(entry.Name, new SafeTensorInfo(entry.Name, entry.Dtype, entry.Shape, Length, entry.Length)))
                throw new CheckpointException("the name is empty, reserved or given twice.", path, entry.Name);
            written.Add(entry.Name, 0);
            Length = checked(Length + entry.Length);
        }
        file = File.OpenHandle(temporary, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, FileOptions.None);
        try
        {
            RandomAccess.Write(file, header, 0);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The final name.</summary>
    public string Path { get; }

    /// <summary>The size the file will have, in bytes.</summary>
    public long Length { get; }

    /// <summary>Starts a file and writes its header.</summary>
    /// <param name="path">The final name; an existing file is replaced at <see cref="Commit"/>. The folder must exist.</param>
    /// <param name="entries">All tensors that will be written.</param>
    /// <param name="metadata">Free text pairs; null writes "format": "pt", which Hugging Face's readers ask for.</param>
    /// <exception cref="CheckpointException">A name is given twice, a type cannot be stored, or the place cannot be written.</exception>
    public static SafeTensorsWriter Create(string path, IEnumerable<SafeTensorEntry> entries, IReadOnlyDictionary<string, string>? metadata = null)
    {
        try
        {
            return new SafeTensorsWriter(path, [.. entries], metadata ?? new Dictionary<string, string> { ["format"] = "pt" });
        }
        catch (Exception error) when (FileErrors.IsFileError(error))
        {
            throw FileErrors.Writing(path, error);
        }
    }

    /// <summary>Writes the next bytes of a tensor; call again until it is whole.</summary>
    /// <param name="name">A tensor announced at the start.</param>
    /// <param name="bytes">Its elements in row-major order, little endian.</param>
    /// <exception cref="CheckpointException">The name was not announced, there are too many bytes, or the disk is full.</exception>
    public void Write(string name, ReadOnlySpan<byte> bytes)
    {
        ObjectDisposedException.ThrowIf(file.IsClosed, this);
        var info = Info(name);
        var at = written[name];
        if (bytes.Length > info.Length - at)
            throw new CheckpointException($"{at + bytes.Length} bytes are given — expected {info.Length}.", Path, name);
        try
        {
            RandomAccess.Write(file, bytes, info.Offset + at);
        }
        catch (Exception error) when (FileErrors.IsFileError(error))
        {
            throw FileErrors.Writing(Path, error);
        }
        written[name] = at + bytes.Length;
    }

    /// <summary>Writes a whole tensor, in the type announced for it.</summary>
    /// <param name="name">A tensor announced at the start.</param>
    /// <param name="tensor">A tensor of the announced shape, on any device, contiguous or not.</param>
    /// <exception cref="CheckpointException">The name was not announced, the shape differs, or the disk is full.</exception>
    public void Write(string name, Tensor tensor)
    {
        var info = Info(name);
        if (!tensor.shape.AsSpan().SequenceEqual(info.Shape))
            throw new CheckpointException($"its shape is [{string.Join(", ", tensor.shape)}] — expected [{string.Join(", ", info.Shape)}].", Path, name);
        using var grad = torch.no_grad();
        using var plain = tensor.detach();
        using var typed = plain.to(info.Dtype);
        using var here = typed.cpu();
        using var whole = here.contiguous();
        foreach (var (from, count) in TensorBytes.Slices(info.Length))
        {
            using var slice = TensorBytes.Elements(whole, from, count);
            Write(name, slice.bytes);
        }
    }

    /// <summary>Checks that every tensor is whole, sees the file onto the disk and gives it its final name.</summary>
    /// <exception cref="CheckpointException">A tensor is missing or incomplete, or the disk is full.</exception>
    public void Commit()
    {
        ObjectDisposedException.ThrowIf(file.IsClosed, this);
        foreach (var (name, count) in written)
            if (count != infos[name].Length)
                throw new CheckpointException($"{count} bytes were written — expected {infos[name].Length}.", Path, name);
        try
        {
            RandomAccess.FlushToDisk(file);
            file.Dispose();
            AtomicFile.Publish(temporary, Path);
            committed = true;
        }
        catch (Exception error) when (FileErrors.IsFileError(error))
        {
            throw FileErrors.Writing(Path, error);
        }
    }

    /// <summary>Closes the file and, unless it was committed, deletes it.</summary>
    public void Dispose()
    {
        file.Dispose();
        if (!committed)
            AtomicFile.Remove(temporary);
        committed = true;
    }

    private SafeTensorInfo Info(string name) =>
        infos.TryGetValue(name, out var info) ? info : throw new CheckpointException("was not announced when the file was started.", Path, name);

    private static byte[] Header(List<SafeTensorEntry> entries, IReadOnlyDictionary<string, string> metadata)
    {
        using var text = new MemoryStream();
        text.Write(stackalloc byte[SafeTensorsHeader.PrefixLength]);
        using (var json = new Utf8JsonWriter(text, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            WriteMetadata(json, metadata);
            long offset = 0;
            foreach (var entry in entries)
                offset = WriteEntry(json, entry, offset);
            json.WriteEndObject();
        }
        while (text.Length % Alignment != 0)
            text.WriteByte((byte)' ');
        var bytes = text.ToArray();
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, (ulong)(bytes.Length - SafeTensorsHeader.PrefixLength));
        return bytes;
    }

    private static void WriteMetadata(Utf8JsonWriter json, IReadOnlyDictionary<string, string> metadata)
    {
        if (metadata.Count == 0)
            return;
        json.WriteStartObject("__metadata__");
        foreach (var (key, value) in metadata)
            json.WriteString(key, value);
        json.WriteEndObject();
    }

    private static long WriteEntry(Utf8JsonWriter json, SafeTensorEntry entry, long offset)
    {
        json.WriteStartObject(entry.Name);
        json.WriteString("dtype", SafeTensorsDtype.Name(entry.Dtype));
        json.WriteStartArray("shape");
        foreach (var size in entry.Shape)
            json.WriteNumberValue(size);
        json.WriteEndArray();
        json.WriteStartArray("data_offsets");
        json.WriteNumberValue(offset);
        json.WriteNumberValue(offset + entry.Length);
        json.WriteEndArray();
        json.WriteEndObject();
        return offset + entry.Length;
    }
}
