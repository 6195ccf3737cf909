using System.Text.Json;
using Liger.Checkpoints;
using Liger.Testing;

namespace Liger.Cli.Tests;

public sealed class PipelineTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _model;
    private readonly string _recipe;

    public PipelineTests()
    {
        _model = TinyCheckpoint.Write(_folder["model"]);
        File.WriteAllText(_folder["text.txt"], TinyCheckpoint.Words);
        _recipe = _folder["tiny.yaml"];
        File.WriteAllText(_recipe, """
            run_folder: run
            model:
              path: model
            mixer:
              name: liger-gla
              window: 8
            data:
              train: text.txt
              validation_rows: 2
              context: 16
            lora:
              rank: 2
            train:
              steps: 6
              accumulation: 2
              lr: 1e-2
              validate_every: 3
              save_every: 2
              device: cpu
            """);
    }

    public void Dispose() => _folder.Dispose();

    private static CliRun Done(params string[] arguments)
    {
        var run = CliRun.Of(arguments);
        Assert.True(run.ExitCode == ExitCode.Done, run.Error);
        return run;
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Conversion_keeps_every_tensor_and_writes_our_section(bool link)
    {
        var to = _folder["converted"];
        Done(["convert", _model, "--to", to, "--mixer", "liger-gla", "--window", "8", "--sinks", "2", .. link ? ["--link"] : Array.Empty<string>()]);
        Assert.Equal(File.ReadAllBytes(Path.Combine(_model, "model.safetensors")), File.ReadAllBytes(Path.Combine(to, "model.safetensors")));
        Assert.Equal(File.ReadAllBytes(Path.Combine(_model, "tokenizer.json")), File.ReadAllBytes(Path.Combine(to, "tokenizer.json")));
        var config = HfConfig.Load(to);
        Assert.Equal("liger_gla", config.ModelType);
        Assert.Equal(("liger-gla", 8, 2), (config.Liger!["mixer"]!.GetValue<string>(), config.Liger["window"]!.GetValue<int>(), config.Liger["sinks"]!.GetValue<int>()));
        using var report = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(to, "conversion.json")));
        Assert.Equal(2, report.RootElement.GetProperty("layers").GetArrayLength());
    }

    [Fact]
    public void Training_and_export_leave_everything_where_it_belongs()
    {
        var trained = Done("finetune", _recipe, "--json");
        using var result = JsonDocument.Parse(trained.Output);
        Assert.Equal(6, result.RootElement.GetProperty("steps").GetInt32());
        foreach (var file in (string[])["recipe.resolved.yaml", "environment.json", "metrics.jsonl", "finetune.json", "adapter/adapter_config.json", "adapter/adapter_model.safetensors", "converted/config.json"])
            Assert.True(File.Exists(_folder[$"run/{file}"]), file);
        Assert.Contains("liger: training 6/6 · loss ", trained.Error);

        var exported = Done("export", _folder["run/converted"], "--adapter", _folder["run/adapter"], "--to", _folder["merged"], "--json");
        using var export = JsonDocument.Parse(exported.Output);
        Assert.InRange(export.RootElement.GetProperty("largest_logit_difference").GetDouble(), 0, 1e-3);
        Assert.Equal(6, export.RootElement.GetProperty("merged_tensors").GetInt32());

        // The same text from checkpoint + adapter and from the merged folder, and nothing but text.
        string[] prompt = ["--prompt", "the cat", "--max-tokens", "12", "--device", "cpu"];
        var apart = Done(["generate", _folder["run/converted"], "--adapter", _folder["run/adapter"], .. prompt]);
        var merged = Done(["generate", _folder["merged"], .. prompt]);
        Assert.Equal(apart.Output, merged.Output);
        Assert.DoesNotContain("liger:", merged.Output);
    }

    [Fact]
    public void The_resolved_recipe_runs_again_to_the_same_adapter()
    {
        Done("finetune", _recipe);
        File.Copy(_folder["run/recipe.resolved.yaml"], _folder["again.yaml"]);
        Done("finetune", _folder["again.yaml"], "--to", _folder["again"]);
        Assert.Equal(Adapter("run"), Adapter("again"));
    }

    [Fact]
    public void A_stopped_run_exits_with_130_and_resumes_to_the_same_adapter()
    {
        Done("finetune", _recipe, "--to", _folder["whole"]);
        using var stop = new CancellationTokenSource();
        var stopped = CliRun.WhileWatching(line => { if (line.Contains("training 0/6")) stop.Cancel(); }, stop.Token, "finetune", _recipe);
        Assert.Equal(ExitCode.Cancelled, stopped.ExitCode);
        Assert.Contains($"Go on with: liger finetune {_recipe} --resume", stopped.Error);
        Assert.False(Directory.Exists(_folder["run/adapter"]));
        Done("finetune", _recipe, "--resume");
        Assert.Equal(Adapter("whole"), Adapter("run"));
    }

    [Fact]
    public void A_run_is_not_overwritten_unasked_and_not_resumed_with_another_recipe()
    {
        Done("finetune", _recipe, "train.steps=1");
        var before = Adapter("run");
        var again = CliRun.Of("finetune", _recipe, "train.steps=1");
        Assert.Equal(ExitCode.WrongUse, again.ExitCode);
        Assert.Contains("holds a run already", again.Error);
        var other = CliRun.Of("finetune", _recipe, "train.steps=2", "--resume");
        Assert.Equal(ExitCode.WrongUse, other.ExitCode);
        Assert.Contains("expected 'steps: 1', got 'steps: 2'", other.Error);
        Assert.Equal(before, Adapter("run"));
        Done("finetune", _recipe, "train.steps=1", "--overwrite");
    }

    [Fact]
    public void Validation_of_a_recipe_names_every_check()
    {
        var run = Done("validate", _recipe);
        Assert.Equal(10, run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Count(line => line.Contains(": ok — ")));
        Assert.False(Directory.Exists(_folder["run"]));
    }

    private byte[] Adapter(string run) => File.ReadAllBytes(_folder[$"{run}/adapter/adapter_model.safetensors"]);
}
