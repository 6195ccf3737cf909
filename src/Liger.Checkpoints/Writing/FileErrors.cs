namespace Liger.Checkpoints;

/// <summary>Turns what the system says of a file into one clear message with what to do.</summary>
internal static class FileErrors
{
    private const int FullDiskResult = unchecked((int)0x80070070);

    /// <summary>Whether an exception is the system's word on a file, to be wrapped.</summary>
    public static bool IsFileError(Exception error) => error is IOException or UnauthorizedAccessException or NotSupportedException or System.Security.SecurityException;

    /// <summary>The error to throw when writing failed.</summary>
    /// <param name="path">The file or folder being written.</param>
    /// <param name="error">What the system said.</param>
    public static CheckpointException Writing(string path, Exception error)
    {
        if (error is IOException io && (io.HResult is LibC.ErrorNoSpace or LibC.ErrorQuota or FullDiskResult))
            return new CheckpointException("cannot be written: the disk is full or the quota used up. Free space or choose another folder; nothing was left behind.", path, null, error);
        if (error is UnauthorizedAccessException)
            return new CheckpointException($"cannot be written: {error.Message} Choose a folder you may write to.", path, null, error);
        return new CheckpointException($"cannot be written: {error.Message}", path, null, error);
    }

    /// <summary>The error to throw when reading failed.</summary>
    /// <param name="path">The file or folder being read.</param>
    /// <param name="error">What the system said.</param>
    public static CheckpointException Reading(string path, Exception error) =>
        new($"cannot be read: {error.Message} Check the path and the access rights.", path, null, error);
}
