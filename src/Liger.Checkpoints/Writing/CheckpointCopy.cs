namespace Liger.Checkpoints;

/// <summary>How a file comes into a new folder.</summary>
public enum CopyMode
{
    /// <summary>Copied by the kernel; where the file system can share blocks (btrfs, xfs), it does.</summary>
    Copy,

    /// <summary>A second name for the same file. Both folders must lie on one file system, and changing one file changes the other.</summary>
    Link,
}

/// <summary>One file that was brought into a new folder.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Length">Its bytes.</param>
/// <param name="Mode">How it came there.</param>
public sealed record CopiedFile(string Name, long Length, CopyMode Mode);

/// <summary>Brings files of a checkpoint folder into a new folder, unchanged, in little memory.</summary>
public static class CheckpointCopy
{
    /// <summary>Brings the named files into a folder that is being built.</summary>
    /// <param name="source">The folder they lie in. Symbolic links in it are followed, as Hugging Face's cache has them.</param>
    /// <param name="names">Their names: plain file names, nothing that leads elsewhere.</param>
    /// <param name="target">The new folder, not yet committed. None of the names may exist in it.</param>
    /// <param name="mode">Copy or link.</param>
    /// <param name="progress">Told the bytes done so far over all files, about every 64 MiB; null for none.</param>
    /// <returns>The files, in the order given.</returns>
    /// <exception cref="CheckpointException">A name is no plain file name or the file is missing; the disk is full; linking is not possible there.</exception>
    public static IReadOnlyList<CopiedFile> Files(string source, IEnumerable<string> names, AtomicFolder target, CopyMode mode = CopyMode.Copy, IProgress<long>? progress = null)
    {
        var copied = new List<CopiedFile>();
        long before = 0;
        foreach (var name in names)
        {
            if (!RelativeName.IsPlain(name))
                throw new CheckpointException($"'{CheckpointException.Printable(name)}' is no plain file name — expected one without '/', '\\' or '..'.", source);
            var from = Path.Combine(source, name);
            if (!File.Exists(from))
                throw new CheckpointException("does not exist. Check that the folder is complete.", from);
            var to = Path.Combine(target.Path, name);
            var length = mode == CopyMode.Link ? Link(from, to) : KernelCopy.Copy(from, to, Path.Combine(target.Target, name), before, progress);
            copied.Add(new CopiedFile(name, length, mode));
            before += length;
            progress?.Report(before);
        }
        return copied;
    }

    /// <summary>Brings the named files into a new folder and commits it.</summary>
    /// <param name="source">The folder they lie in.</param>
    /// <param name="names">Their names.</param>
    /// <param name="target">The new folder.</param>
    /// <param name="mode">Copy or link.</param>
    /// <param name="overwrite">Whether an existing checkpoint may be replaced.</param>
    /// <exception cref="CheckpointException">As <see cref="Files"/> and <see cref="AtomicFolder.Create"/>, and when the source lies within the target.</exception>
    public static IReadOnlyList<CopiedFile> Folder(string source, IEnumerable<string> names, string target, CopyMode mode = CopyMode.Copy, bool overwrite = false)
    {
        CheckApart(source, target);
        using var output = AtomicFolder.Create(target, overwrite);
        var copied = Files(source, names, output, mode);
        output.Commit();
        return copied;
    }

    /// <summary>Checks that replacing the target would not delete the source.</summary>
    /// <param name="source">The folder that is read.</param>
    /// <param name="target">The folder that would be replaced.</param>
    /// <exception cref="CheckpointException">They are the same, or the source lies within the target.</exception>
    public static void CheckApart(string source, string target)
    {
        var from = Path.TrimEndingDirectorySeparator(Path.GetFullPath(source)) + Path.DirectorySeparatorChar;
        var to = Path.TrimEndingDirectorySeparator(Path.GetFullPath(target)) + Path.DirectorySeparatorChar;
        if (from.StartsWith(to, StringComparison.Ordinal))
            throw new CheckpointException($"holds the source {CheckpointException.Printable(source)}. Choose another folder to write to.", target);
    }

    private static long Link(string from, string to)
    {
        var real = File.ResolveLinkTarget(from, returnFinalTarget: true)?.FullName ?? from;
        var error = LibC.HardLink(real, to);
        if (error == LibC.ErrorCrossDevice)
            throw new CheckpointException("cannot be linked across file systems. Copy instead, or choose a folder on the same file system.", from);
        if (error != 0)
            throw new CheckpointException($"cannot be linked: {System.Runtime.InteropServices.Marshal.GetPInvokeErrorMessage(error)}. Copy instead.", from);
        return new FileInfo(real).Length;
    }
}
