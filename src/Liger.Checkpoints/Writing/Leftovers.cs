using System.Diagnostics;
using System.Globalization;

namespace Liger.Checkpoints;

/// <summary>
/// Names of unfinished files and folders, ".NAME.MACHINE.PROCESS.RANDOM.tmp", which tell whether their writer still lives: a killed one
/// cannot clean up, and an unfinished checkpoint may be as large as a whole one.
/// </summary>
internal static class Leftovers
{
    private const string Suffix = ".tmp";

    /// <summary>A name for something unfinished that this process writes.</summary>
    internal static string NewName(string name) =>
        string.Create(CultureInfo.InvariantCulture, $"{Mine(name)}{Environment.ProcessId}.{Guid.NewGuid():N}{Suffix}");

    /// <summary>Deletes what processes of this machine that no longer live left unfinished under a name.</summary>
    internal static void Remove(string folder, string name)
    {
        try
        {
            if (!Directory.Exists(folder))
                return;
            foreach (var entry in new DirectoryInfo(folder).EnumerateFileSystemInfos(Mine(name) + "*" + Suffix))
                if (WriterOf(entry.Name, Mine(name)) is { } process && !Lives(process))
                    Delete(entry);
        }
        catch (Exception error) when (FileErrors.IsFileError(error))
        {
            // Old rubbish is no reason to fail new work.
        }
    }

    private static string Mine(string name) => $".{name}.{Environment.MachineName}.";

    private static int? WriterOf(string entry, string prefix)
    {
        var parts = entry.StartsWith(prefix, StringComparison.Ordinal) ? entry[prefix.Length..^Suffix.Length].Split('.') : [];
        return parts.Length == 2 && Guid.TryParseExact(parts[1], "N", out _)
            && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var process) ? process : null;
    }

    private static bool Lives(int process)
    {
        try
        {
            using var found = Process.GetProcessById(process);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private static void Delete(FileSystemInfo entry)
    {
        if (entry is DirectoryInfo { LinkTarget: null } folder)
            folder.Delete(recursive: true);
        else
            entry.Delete();
    }
}
