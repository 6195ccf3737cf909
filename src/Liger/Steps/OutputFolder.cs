namespace Liger.Steps;

/// <summary>Checks places to write to before work begins, so that hours are not lost to a missing right.</summary>
internal static class OutputFolder
{
    /// <summary>Makes sure that a folder, made if missing, can be written to.</summary>
    /// <exception cref="LigerException">It cannot (exit code 3), or a file has its name (exit code 2).</exception>
    internal static void CheckWritable(string folder)
    {
        if (File.Exists(folder))
            throw new LigerException($"{folder}: is a file — expected a folder, or nothing. Choose another name.", ExitCode.WrongUse);
        try
        {
            Directory.CreateDirectory(folder);
            var probe = Path.Combine(folder, $".liger-{Guid.NewGuid():N}");
            using (File.Create(probe, 1, FileOptions.DeleteOnClose)) { }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new LigerException($"{folder}: cannot be written to — {error.Message} Choose another folder, or change its rights.", ExitCode.Environment, error);
        }
    }
}
