using Liger.Checks;
using Liger.Models.Mixers;
using Liger.Recipes;
using Liger.Testing;

namespace Liger.Tests.Recipes;

public sealed class ShippedRecipesTests
{
    private static readonly string Mixers = Path.Combine("recipes", "mixers");

    private static readonly string Study = Path.Combine("recipes", "teacher-11m", "study");

    /// <summary>What the recipes of other models are for: query heads, kv heads, head size.</summary>
    private static readonly Dictionary<string, MixerShape> Models = new()
    {
        ["llama-3-8b"] = new(32, 8, 128),
        ["llama-3.2-1b"] = new(32, 8, 64),
        ["mistral-7b"] = new(32, 8, 128),
        ["qwen2.5-7b"] = new(28, 4, 128),
        ["qwen3-8b"] = new(32, 8, 128),
    };

    private static IEnumerable<string> All =>
        Directory.EnumerateFiles(Path.Combine(Repository.Root, "recipes"), "*.yaml", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(Repository.Root, file));

    public static TheoryData<string> Files => [.. All.Where(file => !In(Mixers, file) && !In(Study, file))];

    public static TheoryData<string> MixerFiles => [.. All.Where(file => In(Mixers, file))];

    public static TheoryData<string> StudyFiles => [.. All.Where(file => In(Study, file))];

    [Theory]
    [MemberData(nameof(Files))]
    public void Every_recipe_reads_and_says_what_it_is_for(string file)
    {
        RecipeFile.Load(At(file));
        CheckHeader(file);
    }

    [Theory]
    [MemberData(nameof(StudyFiles))]
    public void Every_part_of_the_study_goes_over_its_recipe(string file)
    {
        CheckHeader(file);
        RecipeFile.Load([At("recipes/teacher-11m/window.yaml"), At(file)]);
    }

    [Theory]
    [MemberData(nameof(MixerFiles))]
    public void Every_mixer_goes_over_every_model(string file)
    {
        CheckHeader(file);
        using var folder = new TemporaryFolder();
        var outcomes = PreFlight.Run([At("recipes/tiny/liger-gla.yaml"), At(file)], [$"run_folder={folder["run"]}"]);
        Assert.All(outcomes, outcome => Assert.True(outcome.Status == CheckStatus.Ok, outcome.Detail));
        foreach (var (model, shape) in Models)
        {
            var recipe = RecipeFile.Load([At($"recipes/{model}/liger-gla.yaml"), At(file)]);
            Assert.Equal(Path.GetFileNameWithoutExtension(file), recipe.Mixer!.Name);
            Assert.NotNull(new MixerSpec(recipe.Mixer.Name, recipe.Mixer.Options).Create(shape));
        }
    }

    [Fact]
    public void Every_mixer_behind_a_window_has_a_recipe()
    {
        var named = All.SelectMany(file => File.ReadLines(At(file))).ToHashSet();
        Assert.All(MixerCatalog.All.Where(kind => kind.Name.StartsWith("liger-", StringComparison.Ordinal)), kind => Assert.Contains($"  name: {kind.Name}", named));
    }

    private static bool In(string folder, string file) => Path.GetDirectoryName(file) == folder;

    private static string At(string file) => Path.Combine(Repository.Root, file);

    private static void CheckHeader(string file)
    {
        var header = string.Join('\n', File.ReadLines(At(file)).TakeWhile(line => line.StartsWith('#')));
        Assert.All(["Goal", "Command", "Needs", "Result"], (string part) => Assert.Contains($"# {part}", header));
        Assert.Contains(file, header);
    }
}
