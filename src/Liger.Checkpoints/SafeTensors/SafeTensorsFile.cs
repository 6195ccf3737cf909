using System.IO.MemoryMappedFiles;
using TorchSharp;
using static TorchSharp.torch;

namespace Liger.Checkpoints;

/// <summary>A safetensors file, mapped into memory and checked as a whole when it is opened. Not for use after <see cref="Dispose"/>.
/// Source: the format's own description, github.com/huggingface/safetensors.</summary>
/// <remarks>The file must not be shortened by another program while it is open: that ends the process, as with every memory map.</remarks>
public sealed unsafe class SafeTensorsFile : IDisposable
{
    private readonly Dictionary<string, SafeTensorInfo> tensors = new(StringComparer.Ordinal);
    private readonly MemoryMappedFile map;
    private readonly MemoryMappedViewAccessor view;
    private readonly byte* start;
    private bool disposed;

    private SafeTensorsFile(string path, FileStream stream)
    {
        Path = path;
        Length = stream.Length;
        if (Length < SafeTensorsHeader.PrefixLength)
            SafeTensorsHeader.Length([], Length, path);
        map = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
        try
        {
            view = map.CreateViewAccessor(0, Length, MemoryMappedFileAccess.Read);
            view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
            start += view.PointerOffset;
            var head = new ReadOnlySpan<byte>(start, (int)Math.Min(Length, SafeTensorsHeader.PrefixLength + SafeTensorsHeader.LongestHeader));
            var (list, metadata) = SafeTensorsHeader.Parse(head, Length, path);
            foreach (var tensor in list)
                tensors.Add(tensor.Name, tensor);
            Names = [.. list.Select(tensor => tensor.Name)];
            Metadata = metadata;
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The file's path as it was given.</summary>
    public string Path { get; }

    /// <summary>The size of the file in bytes.</summary>
    public long Length { get; }

    /// <summary>The tensors by name.</summary>
    public IReadOnlyDictionary<string, SafeTensorInfo> Tensors => tensors;

    /// <summary>The names in the order of the data.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>The free text pairs of the header, such as "format": "pt".</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Opens a file and checks its whole header: lengths, names, types, shapes, and that the tensors fill the data without hole or overlap.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="CheckpointException">The file is missing, unreadable or not valid; the message names file and tensor.</exception>
    public static SafeTensorsFile Open(string path)
    {
        try
        {
            var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            try
            {
                return new SafeTensorsFile(path, stream);
            }
            catch
            {
                stream.Dispose();
                throw;
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new CheckpointException($"cannot be opened: {error.Message} Check the path and the access rights.", path, null, error);
        }
    }

    /// <summary>What the header says of one tensor.</summary>
    /// <param name="name">The tensor's name.</param>
    /// <exception cref="CheckpointException">The file has no such tensor.</exception>
    public SafeTensorInfo Info(string name) =>
        tensors.TryGetValue(name, out var info) ? info : throw new CheckpointException($"no such tensor among the {tensors.Count} of the file.", Path, name);

    /// <summary>The bytes of one tensor where they lie in the map; valid until the file is disposed.</summary>
    /// <param name="name">The tensor's name.</param>
    /// <exception cref="CheckpointException">The file has no such tensor, or it is longer than a span can be (2 GiB): read it in slices.</exception>
    public ReadOnlySpan<byte> Bytes(string name)
    {
        var info = Info(name);
        if (info.Length > int.MaxValue)
            throw new CheckpointException($"its {info.Length} bytes do not fit one span of at most {int.MaxValue}. Take them in slices.", Path, name);
        return Bytes(name, 0, (int)info.Length);
    }

    /// <summary>A slice of the bytes of one tensor where they lie in the map; valid until the file is disposed.</summary>
    /// <param name="name">The tensor's name.</param>
    /// <param name="from">The first byte, counted from the tensor's own beginning.</param>
    /// <param name="count">How many bytes.</param>
    /// <exception cref="CheckpointException">The file has no such tensor or the slice goes beyond it.</exception>
    public ReadOnlySpan<byte> Bytes(string name, long from, int count)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        var info = Info(name);
        if (from < 0 || count < 0 || from > info.Length - count)
            throw new CheckpointException($"the slice from {from}, {count} bytes long, goes beyond its {info.Length} bytes.", Path, name);
        return new ReadOnlySpan<byte>(start + info.Offset + from, count);
    }

    /// <summary>Copies one tensor out of the map, once, and converts it where asked. The result belongs to the caller.</summary>
    /// <param name="name">The tensor's name.</param>
    /// <param name="dtype">The element type to give; null keeps the file's.</param>
    /// <param name="device">Where to put it; null is the CPU.</param>
    /// <exception cref="CheckpointException">The file has no such tensor.</exception>
    public Tensor Read(string name, ScalarType? dtype = null, Device? device = null)
    {
        var info = Info(name);
        var tensor = torch.empty(info.Shape, info.Dtype);
        try
        {
            foreach (var (from, count) in TensorBytes.Slices(info.Length))
                TensorBytes.Copy(Bytes(name, from, count), tensor, from);
            return TensorBytes.Convert(tensor, dtype, device);
        }
        catch
        {
            tensor.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (disposed)
            return;
        disposed = true;
        if (start != null)
            view.SafeMemoryMappedViewHandle.ReleasePointer();
        view?.Dispose();
        map.Dispose();
    }
}
