using Liger.Recipes;
using Liger.Steps;

namespace Liger.Checks;

/// <summary>The run folder can be written to.</summary>
internal sealed class RunFolderCheck : RecipeCheck
{
    internal override string Title => "the run folder can be written to";

    internal override string Run(CheckedRun run)
    {
        var folder = run.Recipe.RunFolder;
        var isNew = !Directory.Exists(folder);
        OutputFolder.CheckWritable(folder);
        if (isNew) Directory.Delete(folder);
        return File.Exists(Path.Combine(folder, RecipeFile.ResolvedName)) ? $"{folder} (holds a run: --resume or --overwrite is needed)" : folder;
    }
}
