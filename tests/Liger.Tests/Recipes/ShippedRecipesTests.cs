using Liger.Recipes;
using Liger.Testing;

namespace Liger.Tests.Recipes;

public sealed class ShippedRecipesTests
{
    public static TheoryData<string> Files =>
        [.. Directory.EnumerateFiles(Path.Combine(Repository.Root, "recipes"), "*.yaml", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(Repository.Root, file))];

    [Theory]
    [MemberData(nameof(Files))]
    public void Every_recipe_reads_and_says_what_it_is_for(string file)
    {
        var path = Path.Combine(Repository.Root, file);
        RecipeFile.Load(path);
        var header = string.Join('\n', File.ReadLines(path).TakeWhile(line => line.StartsWith('#')));
        Assert.All(["Goal", "Command", "Needs", "Result"], (string part) => Assert.Contains($"# {part}", header));
        Assert.Contains(file, header);
    }
}
