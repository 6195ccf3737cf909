using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Liger.Checkpoints;

/// <summary>The calls of the C library that .NET has no face for.</summary>
internal static partial class LibC
{
    /// <summary>Across file systems.</summary>
    public const int ErrorCrossDevice = 18;

    /// <summary>No space left on the device.</summary>
    public const int ErrorNoSpace = 28;

    /// <summary>The user's quota is used up.</summary>
    public const int ErrorQuota = 122;

    /// <summary>The file exists.</summary>
    public const int ErrorExists = 17;

    private const int AtCurrentFolder = -100;
    private const uint RenameNoReplace = 1, RenameExchange = 2;
    private const int OpenFolder = 0x10000;
    private const int StartWriting = 2;
    private const int Interrupted = 4;

    /// <summary>Copies bytes from one file to another inside the kernel, at both files' own positions.</summary>
    /// <returns>The bytes copied, 0 at the end of the source, or -1 with the error number set.</returns>
    public static long CopyRange(SafeFileHandle source, SafeFileHandle target, long offset, long count)
    {
        long from = offset, to = offset;
        while (true)
        {
            var copied = copy_file_range(source, ref from, target, ref to, (nuint)count, 0);
            if (copied >= 0 || Marshal.GetLastPInvokeError() != Interrupted)
                return copied;
        }
    }

    /// <summary>Tells the kernel to begin writing a part of a file to the disk, without waiting; its failure is no matter.</summary>
    public static void BeginWriting(SafeFileHandle file, long offset, long count) => _ = sync_file_range(file, offset, count, StartWriting);

    /// <summary>Gives a file a second name. Symbolic links are not followed: resolve them first.</summary>
    /// <returns>0, or the error number.</returns>
    public static int HardLink(string existing, string added) => link(existing, added) == 0 ? 0 : Marshal.GetLastPInvokeError();

    /// <summary>Renames, failing where the target exists.</summary>
    /// <returns>0, or the error number.</returns>
    public static int RenameNew(string from, string to) => Rename(from, to, RenameNoReplace);

    /// <summary>Swaps two existing names in one step.</summary>
    /// <returns>0, or the error number.</returns>
    public static int Exchange(string a, string b) => Rename(a, b, RenameExchange);

    /// <summary>Waits until the names in a folder are on the disk; file systems that cannot do it are left alone.</summary>
    public static void SyncFolder(string folder)
    {
        var descriptor = open(folder, OpenFolder);
        if (descriptor < 0)
            return;
        _ = fsync(descriptor);
        _ = close(descriptor);
    }

    private static int Rename(string from, string to, uint flags) =>
        renameat2(AtCurrentFolder, from, AtCurrentFolder, to, flags) == 0 ? 0 : Marshal.GetLastPInvokeError();

    [LibraryImport("libc", SetLastError = true)]
    private static partial long copy_file_range(SafeFileHandle from, ref long fromOffset, SafeFileHandle to, ref long toOffset, nuint count, uint flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int sync_file_range(SafeFileHandle file, long offset, long count, uint flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int link(string existing, string added);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int renameat2(int fromFolder, string from, int toFolder, string to, uint flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(int descriptor);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int close(int descriptor);
}
