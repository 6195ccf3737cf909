using Liger.Text;

namespace Liger.Steps;

/// <summary>The files of a checkpoint that go with it wherever it goes, beside weights and config.json.</summary>
internal static class CompanionFiles
{
    /// <summary>The names of tokenizer files, generation settings and licences that lie in a folder.</summary>
    internal static IEnumerable<string> Of(string folder)
    {
        foreach (var file in TokenizerFolder.Files(folder)) yield return Path.GetFileName(file);
        if (File.Exists(Path.Combine(folder, "generation_config.json"))) yield return "generation_config.json";
        foreach (var pattern in (string[])["LICENSE*", "NOTICE*"])
            foreach (var file in Directory.EnumerateFiles(folder, pattern).Order(StringComparer.Ordinal))
                yield return Path.GetFileName(file);
    }
}
