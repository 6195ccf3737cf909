using System.Text.Json;
using Liger.Checkpoints;

namespace Liger.Cli.Tests;

/// <summary>A recipe from its checks to its last table.</summary>
public sealed class RunTests : Pipeline
{
    [Fact]
    public void Validation_of_a_recipe_names_every_check()
    {
        var run = Done("validate", recipe);
        Assert.Equal(10, run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Count(line => line.Contains(": ok — ")));
        Assert.False(Directory.Exists(folder["run"]));
    }

    [Fact]
    public void A_run_makes_all_steps_and_ends_with_one_table()
    {
        File.AppendAllText(recipe, "\neval:\n  text: text.txt\n  context: 16\nexport:\ngenerate:\n  prompt: the cat\n  max_tokens: 4\n");
        var run = Done("run", recipe);
        Assert.Matches("original +converted +restored", run.Output);
        Assert.Matches("token mixer +softmax +liger-gla +liger-gla", run.Output);
        foreach (var file in (string[])["run.json", "finetune.json", "converted/conversion.json", "exported/export.json", "exported/model.safetensors"])
            Assert.True(File.Exists(folder[$"run/{file}"]), file);
        using var result = JsonDocument.Parse(File.ReadAllBytes(folder["run/run.json"]));
        var losses = result.RootElement.GetProperty("evaluations").EnumerateArray().Select(e => e.GetProperty("figures").GetProperty("loss").GetDouble()).ToList();
        Assert.Equal(3, losses.Count);
        Assert.True(losses[2] < losses[1], "training on the very text lowers its loss");
        // Again with everything there: resumes to the same end, and replaces what it made.
        Done("run", recipe, "--resume");
    }

    [Fact]
    public void A_file_over_a_recipe_is_run_and_resolved_as_one()
    {
        File.WriteAllText(folder["mixer.yaml"], "mixer:\n  name: liger-mamba2\n  window: 4\n");
        Done(["run", recipe, folder["mixer.yaml"], "train.steps=1"]);
        Assert.Contains("liger-mamba2", File.ReadAllText(folder["run/recipe.resolved.yaml"]));
        Done(["run", folder["run/recipe.resolved.yaml"], "--resume"]);
        Assert.Equal("liger-mamba2", HfConfig.Load(folder["run/converted"]).Liger!["mixer"]!.GetValue<string>());
    }
}
