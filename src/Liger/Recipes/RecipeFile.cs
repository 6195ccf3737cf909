using System.Text;

namespace Liger.Recipes;

/// <summary>Reads and writes recipes. Reading is strict, and names everything that is wrong at once.</summary>
public static class RecipeFile
{
    /// <summary>The file of a run folder that holds the recipe as it was run: every key, every path absolute, overrides included.</summary>
    public const string ResolvedName = "recipe.resolved.yaml";

    internal const string NameKey = "name";

    /// <summary>Reads a recipe out of one file.</summary>
    /// <param name="file">The YAML file; relative paths in it start at its folder.</param>
    /// <param name="overrides">"section.key=value" each, laid over the file; "section=null" takes a section away. Relative paths in them start at the working directory.</param>
    /// <exception cref="LigerException">The file cannot be read, or something in it is wrong: all problems, one a line (exit code 2).</exception>
    public static Recipe Load(string file, IEnumerable<string>? overrides = null) => Load([file], overrides);

    /// <summary>Reads a recipe out of several files.</summary>
    /// <param name="files">
    /// YAML files, later ones laid over earlier ones key by key; the section "mixer" and lists are replaced as wholes. Relative paths start at the folder of the
    /// file in which they stand. The recipe's name is theirs, joined by +, unless the overrides give one.
    /// </param>
    /// <param name="overrides">As for one file.</param>
    /// <exception cref="LigerException">As for one file.</exception>
    public static Recipe Load(IReadOnlyList<string> files, IEnumerable<string>? overrides = null)
    {
        var (recipe, problems) = Read(files, overrides ?? []);
        if (problems.Count == 0) return recipe;
        var title = problems.Count == 1 ? "the recipe has a problem" : $"the recipe has {problems.Count} problems";
        throw new LigerException($"{string.Join(" + ", files)}: {title}\n  {string.Join("\n  ", problems)}", ExitCode.WrongUse);
    }

    /// <summary>Reads a recipe, as <see cref="Load(IReadOnlyList{string}, IEnumerable{string}?)"/> does, and hands back what is wrong with it instead of throwing.</summary>
    /// <exception cref="LigerException">A file cannot be read at all.</exception>
    public static (Recipe Recipe, IReadOnlyList<RecipeProblem> Problems) Read(IReadOnlyList<string> files, IEnumerable<string> overrides)
    {
        var source = new RecipeSource();
        foreach (var file in files) source.Lay(file, TextOf(file));
        if (source.Problems.Count > 0) return (new Recipe(), source.Problems);
        foreach (var assignment in overrides) source.Override(assignment);

        var reader = new SectionReader(source, source.Root, "");
        // The required sections are read even where the file lacks them, so that what they must hold is named.
        foreach (var section in (string[])["model", "data", "train"])
            reader.AddEmpty(section);
        var recipe = Recipe.Bind(reader, new Recipe());
        reader.ReportUnknown();
        var name = source.IsNamed && recipe.Name.Length > 0 ? recipe.Name : source.Name;
        var folder = recipe.RunFolder.Length > 0 ? recipe.RunFolder : Path.GetFullPath(Path.Combine("runs", name));
        return (recipe with { Name = name, RunFolder = folder }, source.Problems);
    }

    /// <summary>The recipe as YAML with every key; <see cref="Load(string, IEnumerable{string}?)"/> of it gives the same recipe again.</summary>
    public static string Write(Recipe recipe)
    {
        var text = new StringBuilder();
        Recipe.Bind(new SectionWriter(text, depth: 0), recipe);
        return text.ToString();
    }

    private static string TextOf(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            var reason = Directory.Exists(file) ? "is a folder, not a recipe file" : File.Exists(file) ? e.Message : "there is no such file";
            throw new LigerException($"{file}: {reason}. Name a recipe (YAML), such as those under recipes/.", ExitCode.WrongUse, e);
        }
    }
}
