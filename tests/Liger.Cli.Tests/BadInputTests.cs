using Liger.Checkpoints;
using Liger.Testing;

namespace Liger.Cli.Tests;

public sealed class BadInputTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private static void Refused(ExitCode exitCode, string message, params string[] arguments)
    {
        var run = CliRun.Of(arguments);
        Assert.True(exitCode == run.ExitCode, $"{run.ExitCode}: {run.Error}");
        Assert.Contains(message, run.Error);
        Assert.DoesNotContain("   at ", run.Error);
        Assert.DoesNotContain("unexpected", run.Error);
        Assert.Empty(run.Output);
    }

    [Fact]
    public void A_missing_checkpoint_is_named()
    {
        var none = folder["none"];
        Refused(ExitCode.WrongUse, $"{none}: no such folder.", "inspect", none);
        Refused(ExitCode.WrongUse, $"{none}: no such folder.", "convert", none, "--to", folder["to"], "--mixer", "window");
        Refused(ExitCode.WrongUse, $"{none}: no such folder.", "generate", none, "--prompt", "a");
        Refused(ExitCode.WrongUse, $"{none}: no such folder.", "generate", TinyCheckpoint.Write(folder["model"]), "--adapter", none, "--prompt", "a");
        Assert.False(Path.Exists(folder["to"]));
    }

    [Fact]
    public void A_wrong_architecture_is_named()
    {
        File.WriteAllText(folder["config.json"], """{"model_type": "gpt2", "architectures": ["GPT2LMHeadModel"]}""");
        Refused(ExitCode.WrongUse, "\"gpt2\"", "inspect", folder.Path);
        Refused(ExitCode.WrongUse, "\"gpt2\"", "convert", folder.Path, "--to", folder["to"], "--mixer", "window");
    }

    [Fact]
    public void A_damaged_weight_file_is_named()
    {
        var model = TinyCheckpoint.Write(folder["model"]);
        var weights = Path.Combine(model, "model.safetensors");
        File.WriteAllBytes(weights, File.ReadAllBytes(weights)[..500]);
        Refused(ExitCode.WrongUse, weights, "generate", model, "--prompt", "a");
    }

    [Fact]
    public void An_unknown_mixer_or_option_is_named()
    {
        var model = TinyCheckpoint.Write(folder["model"]);
        Refused(ExitCode.WrongUse, "unknown name 'liger-glo'", "convert", model, "--to", folder["to"], "--mixer", "liger-glo");
        Refused(ExitCode.WrongUse, "unknown option 'mix'", "convert", model, "--to", folder["to"], "--mixer", "window", "--mix", "0.5");
        Refused(ExitCode.WrongUse, "from 1 to 1048576, got '0'", "convert", model, "--to", folder["to"], "--mixer", "window", "--window", "0");
        Refused(ExitCode.WrongUse, "keep-layers: expected layers from 0 to", "convert", model, "--to", folder["to"], "--mixer", "window", "--keep-layers", "0,9");
        Refused(ExitCode.WrongUse, "exclude each other", "convert", model, "--to", folder["to"], "--mixer", "window", "--keep-layers", "0", "--keep-every", "2");
        Refused(ExitCode.WrongUse, "needs calibrate", "convert", model, "--to", folder["to"], "--mixer", "window", "--keep-best-heads", "1");
        Refused(ExitCode.WrongUse, "budget needs calibrate", "convert", model, "--to", folder["to"], "--mixer", "window", "--budget", "1KB");
        Refused(ExitCode.WrongUse, "such as 260KB or 1.5MiB, got 'much'", "convert", model, "--to", folder["to"], "--mixer", "window", "--budget", "much", "--calibrate", "x");
        Refused(ExitCode.WrongUse, "--budget-windows: expected a number of tokens", "convert", model, "--to", folder["to"], "--mixer", "window", "--budget-windows", "4,x");
        Refused(ExitCode.WrongUse, "got 'x'", "convert", model, "--to", folder["to"], "--mixer", "window", "--keep-layers", "x");
        Assert.False(Path.Exists(folder["to"]));
    }

    [Fact]
    public void A_folder_that_exists_is_not_overwritten_unasked()
    {
        var model = TinyCheckpoint.Write(folder["model"]);
        Directory.CreateDirectory(folder["to"]);
        File.WriteAllText(folder["to/letter.txt"], "dear");
        Refused(ExitCode.WrongUse, $"{folder["to"]}: exists", "convert", model, "--to", folder["to"], "--mixer", "window");
        Refused(ExitCode.WrongUse, "is not overwritten", "convert", model, "--to", folder["to"], "--mixer", "window", "--overwrite");
        Assert.Equal("dear", File.ReadAllText(folder["to/letter.txt"]));
    }

    [Fact]
    public void A_tokenizer_that_is_too_large_for_the_model_is_named()
    {
        var model = TinyCheckpoint.Write(folder["model"], vocabulary: TinyCheckpoint.Vocabulary - 20);
        Refused(ExitCode.WrongUse, "expected at most 280 tokens (vocab_size), got 300", "generate", model, "--prompt", "the cat");
    }

    [Fact]
    public void A_text_too_short_for_one_chunk_is_named()
    {
        TinyCheckpoint.Write(folder["model"]);
        File.WriteAllText(folder["text.txt"], "the cat");
        File.WriteAllText(folder["r.yaml"], "run_folder: run\nmodel: {path: model}\ndata: {train: text.txt, context: 64}\ntrain: {loss: next-token, steps: 1}\n");
        Refused(ExitCode.WrongUse, "text too short for one chunk — expected at least 64", "finetune", folder["r.yaml"]);
        Assert.False(Path.Exists(folder["run/metrics.jsonl"]));
    }

    [Fact]
    public void A_loss_that_is_not_a_number_stops_at_its_step_and_names_the_layer()
    {
        var model = TinyCheckpoint.Write(folder["model"]);
        Poison(model, "model.layers.1.mlp.down_proj.weight");
        File.WriteAllText(folder["text.txt"], TinyCheckpoint.Words);
        File.WriteAllText(folder["r.yaml"], "run_folder: run\nmodel: {path: model}\ndata: {train: text.txt, context: 16}\ntrain: {loss: next-token, steps: 3}\n");
        Refused(ExitCode.FailedAtWork, "model.layers.1", "finetune", folder["r.yaml"]);
        Assert.False(Path.Exists(folder["run/adapter"]));
    }

    [Fact]
    public void A_folder_that_cannot_be_written_is_named()
    {
        // A file where a folder must be: also root, whom no rights stop, cannot write there.
        File.WriteAllText(folder["file"], "");
        var model = TinyCheckpoint.Write(folder["model"]);
        File.WriteAllText(folder["text.txt"], TinyCheckpoint.Words);
        File.WriteAllText(folder["r.yaml"], "model: {path: model}\ndata: {train: text.txt, context: 16}\ntrain: {loss: next-token, steps: 1}\n");
        Refused(ExitCode.Environment, folder["file/run"], "finetune", folder["r.yaml"], "--to", folder["file/run"]);
        Refused(ExitCode.Environment, folder["file/to"], "convert", model, "--to", folder["file/to"], "--mixer", "window");
    }

    [Fact]
    public void A_device_that_is_not_there_is_named()
    {
        var model = TinyCheckpoint.Write(folder["model"]);
        Refused(ExitCode.Environment, "this machine has no 'cuda:99'", "generate", model, "--prompt", "a", "--device", "cuda:99");
        Refused(ExitCode.WrongUse, "expected auto, cpu, cuda or cuda:N, got 'tpu'", "generate", model, "--prompt", "a", "--device", "tpu");
    }

    [Fact]
    public void A_text_that_cannot_be_scored_is_named()
    {
        var model = TinyCheckpoint.Write(folder["model"]);
        File.WriteAllText(folder["empty.txt"], "");
        Refused(ExitCode.WrongUse, "too short — expected at least 2 tokens", "eval", model, "--text", folder["empty.txt"]);
        Refused(ExitCode.WrongUse, folder["none.txt"], "eval", model, "--text", folder["none.txt"]);
        Refused(ExitCode.WrongUse, folder["none.jsonl"], "eval", model, "--text", folder["empty.txt"], "--needles", folder["none.jsonl"]);
    }

    [Fact]
    public void A_merge_outside_its_tolerance_leaves_nothing()
    {
        var model = TinyCheckpoint.Write(folder["model"]);
        File.WriteAllText(folder["text.txt"], TinyCheckpoint.Words);
        File.WriteAllText(folder["r.yaml"], "run_folder: run\nmodel: {path: model}\ndata: {train: text.txt, context: 16}\ntrain: {loss: next-token, steps: 2}\n");
        Assert.Equal(ExitCode.Done, CliRun.Of("finetune", folder["r.yaml"]).ExitCode);
        var run = CliRun.Of("export", model, "--adapter", folder["run/adapter"], "--to", folder["merged"], "--tolerance", "-1");
        Assert.Equal(ExitCode.FailedAtWork, run.ExitCode);
        Assert.Contains("the merged model differs from checkpoint + adapter", run.Error);
        Assert.False(Path.Exists(folder["merged"]));
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path, ".*"));
    }

    private static void Poison(string folder, string tensor)
    {
        using (var checkpoint = CheckpointFolder.Open(folder))
        using (var output = AtomicFolder.Create(folder + ".new", overwrite: false))
        {
            using (var writer = CheckpointWriter.Create(output.Path, checkpoint.TensorNames.Select(checkpoint.Info).Select(info => new SafeTensorEntry(info.Name, info.Dtype, info.Shape))))
            {
                foreach (var name in checkpoint.TensorNames)
                {
                    using var weight = checkpoint.Read(name);
                    if (name == tensor) weight.fill_(float.NaN);
                    writer.Write(name, weight);
                }
                writer.Commit();
            }
            output.Commit();
        }
        File.Move(Path.Combine(folder + ".new", "model.safetensors"), Path.Combine(folder, "model.safetensors"), overwrite: true);
    }
}
