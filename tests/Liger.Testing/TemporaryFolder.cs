namespace Liger.Testing;

/// <summary>A folder of its own for one test, deleted with everything in it when the test ends.</summary>
public sealed class TemporaryFolder : IDisposable
{
    public TemporaryFolder() => Path = Directory.CreateTempSubdirectory("liger-test-").FullName;

    public string Path { get; }

    /// <summary>The path of a file or folder inside.</summary>
    public string this[string relative] => System.IO.Path.Combine(Path, relative);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
