namespace Liger.Testing;

/// <summary>The repository that the running tests were built from.</summary>
public static class Repository
{
    /// <summary>The folder of Liger.sln.</summary>
    public static string Root { get; } = Find();

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "Liger.sln")))
                return folder.FullName;
        throw new DirectoryNotFoundException($"no Liger.sln above {AppContext.BaseDirectory}");
    }
}
