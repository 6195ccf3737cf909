namespace Liger.Testing;

/// <summary>Finds the shared test material (real checkpoints, tokenizers, texts) that lies beside the repository, where it lies there.</summary>
public static class Material
{
    private static readonly string Folder = System.IO.Path.GetFullPath(System.IO.Path.Combine(Repository.Root, "..", "shared", "material"));

    /// <summary>The path of one file or folder of the material, whether or not it exists.</summary>
    public static string Path(string relative) => System.IO.Path.Combine(Folder, relative);

    /// <summary>Why a test that needs these must be skipped, or null when all of them are there.</summary>
    internal static string? Missing(IEnumerable<string> needed)
    {
        foreach (var relative in needed)
            if (!System.IO.Path.Exists(Path(relative)))
                return $"needs the test material '{relative}', which does not lie at ../shared/material";
        return null;
    }
}
