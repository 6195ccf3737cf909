namespace Liger.Checkpoints;

/// <summary>Builds a folder beside its final name and gives it that name only when it is complete. Disposed without <see cref="Commit"/>, it leaves
/// nothing. <code>using var output = AtomicFolder.Create(path, overwrite: false); … write into output.Path …; output.Commit();</code></summary>
public sealed class AtomicFolder : IDisposable
{
    private static readonly string[] Replaceable = ["config.json", "adapter_config.json"];

    private bool finished;

    private AtomicFolder(string target, string path)
    {
        Target = target;
        Path = path;
    }

    /// <summary>The final name, as a full path.</summary>
    public string Target { get; }

    /// <summary>The folder to write into until <see cref="Commit"/>.</summary>
    public string Path { get; }

    /// <summary>Starts a new folder.</summary>
    /// <param name="path">The final name. Missing parents are created.</param>
    /// <param name="overwrite">Whether an existing checkpoint, adapter or empty folder of that name may be replaced; nothing else ever is.</param>
    /// <exception cref="CheckpointException">The name exists and may not be replaced, or the place cannot be written.</exception>
    public static AtomicFolder Create(string path, bool overwrite)
    {
        var target = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path));
        CheckTarget(target, overwrite);
        var temporary = AtomicFile.Beside(target);
        try
        {
            Directory.CreateDirectory(temporary);
            return new AtomicFolder(target, temporary);
        }
        catch (Exception error) when (FileErrors.IsFileError(error))
        {
            throw FileErrors.Writing(target, error);
        }
    }

    /// <summary>Gives the folder its final name. A folder it replaces disappears in the same step and is then deleted.</summary>
    /// <exception cref="CheckpointException">The name was taken meanwhile, or the rename failed.</exception>
    public void Commit()
    {
        ObjectDisposedException.ThrowIf(finished, this);
        try
        {
            LibC.SyncFolder(Path);
            if (Directory.Exists(Target))
                Swap();
            else
                Rename(Path, Target);
            finished = true;
            LibC.SyncFolder(System.IO.Path.GetDirectoryName(Target)!);
        }
        catch (Exception error) when (FileErrors.IsFileError(error))
        {
            throw FileErrors.Writing(Target, error);
        }
    }

    /// <summary>Deletes what was written, unless it was committed.</summary>
    public void Dispose()
    {
        if (finished)
            return;
        finished = true;
        Remove(Path);
    }

    private static void CheckTarget(string target, bool overwrite)
    {
        var info = new DirectoryInfo(target);
        if (File.Exists(target) || info.LinkTarget is not null)
            throw new CheckpointException("exists and is not a plain folder. Choose another name.", target);
        if (!info.Exists)
            return;
        if (!overwrite)
            throw new CheckpointException("exists. Choose another name, or allow it to be replaced with --overwrite (in code: overwrite: true).", target);
        try
        {
            if (info.EnumerateFileSystemInfos().Any() && !Replaceable.Any(name => File.Exists(System.IO.Path.Combine(target, name))))
                throw new CheckpointException($"is not overwritten: it has content and none of {string.Join(", ", Replaceable)}, so it is no checkpoint. Choose another name.", target);
        }
        catch (Exception error) when (FileErrors.IsFileError(error))
        {
            throw FileErrors.Reading(target, error);
        }
    }

    private void Swap()
    {
        if (LibC.Exchange(Path, Target) == 0)
        {
            Remove(Path);
            return;
        }
        var old = AtomicFile.Beside(Target);
        Rename(Target, old);
        try
        {
            Rename(Path, Target);
        }
        catch
        {
            Rename(old, Target);
            throw;
        }
        Remove(old);
    }

    private static void Rename(string from, string to)
    {
        var error = LibC.RenameNew(from, to);
        if (error == LibC.ErrorExists)
            throw new CheckpointException("was created by someone else meanwhile. Choose another name.", to);
        if (error != 0)
            Directory.Move(from, to);
    }

    private static void Remove(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (Exception error) when (FileErrors.IsFileError(error))
        {
        }
    }
}
