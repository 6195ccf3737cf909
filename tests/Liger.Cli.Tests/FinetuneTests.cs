using System.Text.Json;

namespace Liger.Cli.Tests;

/// <summary>Training through the command line.</summary>
public sealed class FinetuneTests : Pipeline
{
    [Fact]
    public void Training_and_export_leave_everything_where_it_belongs()
    {
        var trained = Done("finetune", recipe, "--json");
        using var result = JsonDocument.Parse(trained.Output);
        Assert.Equal(6, result.RootElement.GetProperty("steps").GetInt32());
        foreach (var file in (string[])["recipe.resolved.yaml", "environment.json", "metrics.jsonl", "finetune.json", "adapter/adapter_config.json", "adapter/adapter_model.safetensors", "converted/config.json"])
            Assert.True(File.Exists(folder[$"run/{file}"]), file);
        Assert.Contains("liger: training 6/6 · loss ", trained.Error);

        var exported = Done("export", folder["run/converted"], "--adapter", folder["run/adapter"], "--to", folder["merged"], "--json");
        using var export = JsonDocument.Parse(exported.Output);
        Assert.InRange(export.RootElement.GetProperty("largest_logit_difference").GetDouble(), 0, 1e-3);
        Assert.Equal(8, export.RootElement.GetProperty("merged_tensors").GetInt32());

        // The same text from checkpoint + adapter and from the merged folder, and nothing but text.
        string[] prompt = ["--prompt", "the cat", "--max-tokens", "12", "--device", "cpu"];
        var apart = Done(["generate", folder["run/converted"], "--adapter", folder["run/adapter"], .. prompt]);
        var merged = Done(["generate", folder["merged"], .. prompt]);
        Assert.Equal(apart.Output, merged.Output);
        Assert.DoesNotContain("liger:", merged.Output);
    }

    [Fact]
    public void The_resolved_recipe_runs_again_to_the_same_adapter()
    {
        Done("finetune", recipe);
        File.Copy(folder["run/recipe.resolved.yaml"], folder["again.yaml"]);
        Done("finetune", folder["again.yaml"], "--to", folder["again"]);
        Assert.Equal(Adapter("run"), Adapter("again"));
    }

    [Fact]
    public void A_stopped_run_exits_with_130_and_resumes_to_the_same_adapter()
    {
        Done("finetune", recipe, "--to", folder["whole"]);
        using var stop = new CancellationTokenSource();
        var stopped = CliRun.WhileWatching(line => { if (line.Contains("training 0/6")) stop.Cancel(); }, stop.Token, "finetune", recipe);
        Assert.Equal(ExitCode.Cancelled, stopped.ExitCode);
        Assert.Contains($"Go on with: liger finetune {recipe} --resume", stopped.Error);
        Assert.False(Directory.Exists(folder["run/adapter"]));
        Done("finetune", recipe, "--resume");
        Assert.Equal(Adapter("whole"), Adapter("run"));
    }

    [Fact]
    public void A_run_is_not_overwritten_unasked_and_not_resumed_with_another_recipe()
    {
        Done("finetune", recipe, "train.steps=1");
        var before = Adapter("run");
        var again = CliRun.Of("finetune", recipe, "train.steps=1");
        Assert.Equal(ExitCode.WrongUse, again.ExitCode);
        Assert.Contains("holds a run already", again.Error);
        var other = CliRun.Of("finetune", recipe, "train.steps=2", "--resume");
        Assert.Equal(ExitCode.WrongUse, other.ExitCode);
        Assert.Contains("expected 'steps: 1', got 'steps: 2'", other.Error);
        Assert.Equal(before, Adapter("run"));
        Done("finetune", recipe, "train.steps=1", "--overwrite");
    }

    [Fact]
    public void A_run_of_an_earlier_version_is_resumed_where_its_recipe_lacks_keys_and_refused_where_they_are_gone()
    {
        Done("finetune", recipe);
        var (adapter, resolved) = (Adapter("run"), folder["run/recipe.resolved.yaml"]);
        var written = File.ReadAllText(resolved);
        var earlier = written.Replace("  budget_softmax: null\n", "").Replace("eval: null\n", "");
        Assert.True(earlier.Length < written.Length - 20);
        File.WriteAllText(resolved, earlier);
        Done("finetune", recipe, "--resume");
        Assert.Equal(adapter, Adapter("run"));
        File.WriteAllText(resolved, written.Replace("  weight_decay:", "  decay:"));
        var refused = CliRun.Of("finetune", recipe, "--resume");
        Assert.Equal(ExitCode.WrongUse, refused.ExitCode);
        Assert.Contains("begun by another version, whose recipes are not read any more. Resume with that version", refused.Error);
        Assert.Contains("train.decay: unknown key", refused.Error);
    }

    [Fact]
    public void Overwriting_a_run_converts_the_model_again()
    {
        Done("finetune", recipe);
        var weights = Path.Combine(model, "model.safetensors");
        var bytes = File.ReadAllBytes(weights);
        bytes[^1] ^= 1;
        File.WriteAllBytes(weights, bytes);
        Done("finetune", recipe, "--overwrite");
        Assert.Equal(bytes, File.ReadAllBytes(folder["run/converted/model.safetensors"]));
    }

    [Fact]
    public void A_model_that_is_its_own_original_is_trained_on_the_text_and_not_distilled()
    {
        File.WriteAllText(recipe, File.ReadAllText(recipe).Replace("mixer:\n  name: liger-gla\n  window: 8\n", "", StringComparison.Ordinal).Replace("  loss: next-token\n", "", StringComparison.Ordinal));
        foreach (var verb in (string[])["validate", "finetune"])
        {
            var refused = CliRun.Of(verb, recipe);
            Assert.Equal(ExitCode.WrongUse, refused.ExitCode);
            Assert.Contains("train.loss: distill would lower what is 0 already", refused.Output + refused.Error);
        }
        Done("finetune", recipe, "train.loss=next-token", "train.steps=1");
    }

    [Fact]
    public void Recall_windows_are_mixed_in_and_a_stopped_run_goes_on_with_the_same_ones()
    {
        File.WriteAllText(folder["text.txt"], string.Join(". ", Enumerable.Repeat(TinyCheckpoint.Words, 4)));
        string[] mixed = [recipe, "data.context=256", "data.validation_rows=1", "data.recall.share=0.5", "data.recall.answer_weight=2", "train.steps=4", "train.save_every=1"];
        Assert.Contains("0.5 of what is taken recall windows, the first with", Done(["validate", .. mixed]).Output);
        Done(["finetune", .. mixed, "--to", folder["whole"]]);
        Done(["finetune", .. mixed, "data.recall.share=0", "--to", folder["plain"]]);
        Assert.NotEqual(Adapter("whole"), Adapter("plain"));
        using var stop = new CancellationTokenSource();
        CliRun.WhileWatching(line => { if (line.Contains("training 0/4")) stop.Cancel(); }, stop.Token, ["finetune", .. mixed]);
        Assert.False(Directory.Exists(folder["run/adapter"]));
        Done(["finetune", .. mixed, "--resume"]);
        Assert.Equal(Adapter("whole"), Adapter("run"));
    }
}
