namespace Liger.Checkpoints;

/// <summary>Writes a file so that its final name holds either the old content or the whole new one: beside under another name, to the disk, then
/// renamed.</summary>
public static class AtomicFile
{
    private const int BufferLength = 1 << 16;

    /// <summary>Writes or replaces a file.</summary>
    /// <param name="path">The final name; its folder must exist.</param>
    /// <param name="write">Writes the content. Where it throws, nothing is left under either name.</param>
    /// <exception cref="CheckpointException">The disk is full, the folder is missing or cannot be written.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        var temporary = Beside(path);
        try
        {
            using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, BufferLength))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }
            Publish(temporary, path);
        }
        catch (Exception error)
        {
            Remove(temporary);
            if (FileErrors.IsFileError(error))
                throw FileErrors.Writing(path, error);
            throw;
        }
    }

    /// <summary>Writes or replaces a file with these bytes.</summary>
    /// <param name="path">The final name; its folder must exist.</param>
    /// <param name="content">The whole content.</param>
    /// <exception cref="CheckpointException">The disk is full, the folder is missing or cannot be written.</exception>
    public static void Write(string path, byte[] content) => Write(path, stream => stream.Write(content));

    /// <summary>A name in the same folder that no one else uses, hidden. What writers of that name left there when they were killed is deleted.</summary>
    internal static string Beside(string path)
    {
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        var (folder, name) = (Path.GetDirectoryName(full) ?? full, Path.GetFileName(full));
        Leftovers.Remove(folder, name);
        return Path.Combine(folder, Leftovers.NewName(name));
    }

    /// <summary>Renames a finished temporary file and sees the name onto the disk.</summary>
    internal static void Publish(string temporary, string path)
    {
        File.Move(temporary, path, overwrite: true);
        LibC.SyncFolder(Path.GetDirectoryName(Path.GetFullPath(path))!);
    }

    /// <summary>Deletes a temporary file; failing to is no reason to hide the error that led here.</summary>
    internal static void Remove(string temporary)
    {
        try
        {
            File.Delete(temporary);
        }
        catch (Exception error) when (FileErrors.IsFileError(error))
        {
        }
    }
}
