using Microsoft.Win32.SafeHandles;

namespace Liger.Checkpoints;

/// <summary>Copies one file within the kernel, and by reads and writes where it cannot.</summary>
internal static class KernelCopy
{
    private const long ChunkLength = 64L << 20;
    private const int BufferLength = 4 << 20;

    /// <summary>Copies a file to a new name and sees it onto the disk.</summary>
    /// <param name="from">The file.</param>
    /// <param name="to">The new name, which must not exist.</param>
    /// <param name="shown">The name to give in messages: where the file will lie in the end.</param>
    /// <param name="before">What to add to the bytes told to <paramref name="progress"/>.</param>
    /// <param name="progress">Told the bytes done after every chunk.</param>
    /// <returns>The bytes copied.</returns>
    /// <exception cref="CheckpointException">The source cannot be read, or the disk is full.</exception>
    public static long Copy(string from, string to, string shown, long before, IProgress<long>? progress)
    {
        try
        {
            using var source = OpenSource(from);
            var length = RandomAccess.GetLength(source);
            using var target = File.OpenHandle(to, FileMode.CreateNew, FileAccess.Write, FileShare.None);
            long done = 0;
            while (done < length)
            {
                var copied = LibC.CopyRange(source, target, done, Math.Min(ChunkLength, length - done));
                if (copied <= 0)
                {
                    Stream(source, target, ref done, length, shown);
                    break;
                }
                LibC.BeginWriting(target, done, copied);
                done += copied;
                progress?.Report(before + done);
            }
            RandomAccess.FlushToDisk(target);
            return length;
        }
        catch (Exception error) when (FileErrors.IsFileError(error))
        {
            throw FileErrors.Writing(shown, error);
        }
    }

    /// <summary>Copies the rest by reads and writes; an error such as a full disk shows itself here with the system's own words.</summary>
    internal static void Stream(SafeFileHandle source, SafeFileHandle target, ref long done, long length, string shown)
    {
        var buffer = GC.AllocateUninitializedArray<byte>(BufferLength);
        while (done < length)
        {
            var read = RandomAccess.Read(source, buffer.AsSpan(0, (int)Math.Min(BufferLength, length - done)), done);
            if (read == 0)
                throw new CheckpointException($"the source became shorter while it was copied: {done} of {length} bytes. Copy again.", shown);
            RandomAccess.Write(target, buffer.AsSpan(0, read), done);
            done += read;
        }
    }

    private static SafeFileHandle OpenSource(string from)
    {
        try
        {
            return File.OpenHandle(from, FileMode.Open, FileAccess.Read, FileShare.Read, FileOptions.SequentialScan);
        }
        catch (Exception error) when (FileErrors.IsFileError(error))
        {
            throw FileErrors.Reading(from, error);
        }
    }
}
