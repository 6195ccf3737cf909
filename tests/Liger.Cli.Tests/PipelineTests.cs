using System.Runtime.InteropServices;
using System.Text.Json;
using Liger.Checkpoints;
using Liger.Models;
using Liger.Testing;

namespace Liger.Cli.Tests;

public sealed class PipelineTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly string model;
    private readonly string recipe;

    public PipelineTests()
    {
        model = TinyCheckpoint.Write(folder["model"]);
        File.WriteAllText(folder["text.txt"], TinyCheckpoint.Words);
        recipe = folder["tiny.yaml"];
        File.WriteAllText(recipe, """
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
              loss: next-token
              steps: 6
              accumulation: 2
              lr: 1e-2
              validate_every: 3
              save_every: 2
              device: cpu
            """);
    }

    public void Dispose() => folder.Dispose();

    private static CliRun Done(params string[] arguments)
    {
        var run = CliRun.Of(arguments);
        Assert.True(run.ExitCode == ExitCode.Done, run.Error);
        return run;
    }

    [Fact]
    public void An_adapter_that_meets_another_mixer_is_mentioned()
    {
        Done(["finetune", recipe]);
        string Note(string checkpoint) => Done(["eval", checkpoint, "--adapter", folder["run/adapter"], "--text", folder["text.txt"], "--context", "16"]).Error;
        Assert.Contains("trained with another mixer", Note(model));
        Assert.DoesNotContain("another mixer", Note(folder["run/converted"]));
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

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Conversion_keeps_every_tensor_and_writes_our_section(bool link)
    {
        var to = folder["converted"];
        Done(["convert", model, "--to", to, "--mixer", "liger-gla", "--window", "8", "--sinks", "2", .. link ? ["--link"] : Array.Empty<string>()]);
        Assert.Equal(File.ReadAllBytes(Path.Combine(model, "model.safetensors")), File.ReadAllBytes(Path.Combine(to, "model.safetensors")));
        Assert.Equal(File.ReadAllBytes(Path.Combine(model, "tokenizer.json")), File.ReadAllBytes(Path.Combine(to, "tokenizer.json")));
        var config = HfConfig.Load(to);
        Assert.Equal("liger_gla_custom", config.ModelType);
        Assert.Equal(("liger-gla", 8, 2), (config.Liger!["mixer"]!.GetValue<string>(), config.Liger["window"]!.GetValue<int>(), config.Liger["sinks"]!.GetValue<int>()));
        using var report = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(to, "conversion.json")));
        Assert.Equal(2, report.RootElement.GetProperty("layers").GetArrayLength());
    }

    [Fact]
    public void A_saved_state_goes_on_as_if_never_stopped_and_can_be_forked()
    {
        Done("convert", model, "--to", folder["windowed"], "--mixer", "liger-gla", "--window", "4");
        var whole = Done("generate", folder["windowed"], "--prompt", "the quick brown", "--max-tokens", "24").Output.TrimEnd('\n');
        var first = Done("generate", folder["windowed"], "--prompt", "the quick brown", "--max-tokens", "10", "--save-state", folder["a"]).Output.TrimEnd('\n');
        for (var fork = 0; fork < 2; fork++)
            Assert.Equal(whole, first + Done("generate", folder["windowed"], "--load-state", folder["a"], "--max-tokens", "14").Output.TrimEnd('\n'));
        Done("generate", folder["windowed"], "--load-state", folder["a"], "--prompt", " and again", "--max-tokens", "3", "--save-state", folder["b"]);

        void Refused(string expected, params string[] arguments)
        {
            var run = CliRun.Of(arguments);
            Assert.Equal(ExitCode.WrongUse, run.ExitCode);
            Assert.Contains(expected, run.Error);
        }

        Refused("saved by another mixer", "generate", model, "--load-state", folder["a"]);
        Done("convert", TinyCheckpoint.Write(folder["other"], seed: 4), "--to", folder["other-windowed"], "--mixer", "liger-gla", "--window", "4");
        Refused("saved by another model", "generate", folder["other-windowed"], "--load-state", folder["a"]);
        Refused("is no saved state", "generate", model, "--load-state", Path.Combine(model, "model.safetensors"));
        Refused("--prompt: expected a text", "generate", model);
        Refused("no such file", "generate", model, "--load-state", folder["none"]);
    }

    [Fact]
    public void Memory_and_where_it_breaks_even_follow_from_the_shape()
    {
        // Two layers, two kv heads, 4 wide, fp32: 128 bytes a token of softmax; windows hold 3 + 1 tokens and states 4·4 numbers a head.
        Done("convert", model, "--to", folder["small"], "--mixer", "liger-gla", "--window", "4", "--sinks", "1");
        using var result = JsonDocument.Parse(Done("inspect", folder["small"], "--json").Output);
        var at = result.RootElement.GetProperty("memory")[0];
        Assert.Equal((1024, 1024 * 128, (4 * 128) + 256), (at.GetProperty("tokens").GetInt32(), at.GetProperty("softmax_bytes").GetInt32(), at.GetProperty("bytes").GetInt32()));
        Assert.Equal(6, result.RootElement.GetProperty("break_even_tokens").GetInt32());
        Assert.Contains("no more than softmax from 6 tokens on", Done("inspect", folder["small"]).Output);
        Assert.DoesNotContain("no more than softmax", Done("inspect", model).Output);

        using var list = JsonDocument.Parse(Done("list", "mixers", "--json").Output);
        var mixers = list.RootElement.EnumerateArray().ToDictionary(m => m.GetProperty("name").GetString()!);
        Assert.Equal(16L << 20, mixers["gla"].GetProperty("state_bytes").GetInt64());
        Assert.All(mixers.Values, m => Assert.Contains("o_t", m.GetProperty("formula").GetString()));
        Assert.True(mixers["softmax"].GetProperty("grows").GetBoolean());
        Assert.False(mixers["selected"].GetProperty("grows").GetBoolean());
    }

    [Fact]
    public void Gates_are_shown_as_a_table_json_and_pictures()
    {
        var converted = folder["gated"];
        Done("convert", model, "--to", converted, "--mixer", "liger-gla", "--window", "4", "--keep-heads", "1.0");
        string[] gates = ["inspect", converted, "--gates", folder["text.txt"], "--context", "32"];
        var table = Done([.. gates, "--pictures", folder["pictures"]]).Output;
        Assert.Matches(@"0\.1 +liger-gla +[0-9.]+ +[0-9.]+ to [0-9.]+ +[0-9.]+ % ", table);
        Assert.Matches(@"1\.0 +softmax\n", table);
        foreach (var picture in (string[])["gates-half-life.svg", "gates-window-share.svg"])
            Assert.Equal(2, System.Xml.Linq.XDocument.Load(folder[$"pictures/{picture}"]).Descendants().Count(e => e.Value is "kv head 0" or "kv head 1" && e.Name.LocalName == "text"));
        using var json = JsonDocument.Parse(Done([.. gates, "--json"]).Output);
        Assert.Equal(4, json.RootElement.GetProperty("heads").GetArrayLength());
        var refused = CliRun.Of("inspect", converted, "--adapter", "x");
        Assert.Equal(ExitCode.WrongUse, refused.ExitCode);
        Assert.Contains("--adapter needs --gates", refused.Error);
    }

    [Fact]
    public void The_best_heads_are_measured_ranked_and_kept()
    {
        var (to, text) = (folder["best"], folder["calibration.txt"]);
        File.WriteAllText(text, string.Concat(Enumerable.Range(0, 200).Select(i => $"the fox {i} ")));
        var run = Done("convert", model, "--to", to, "--mixer", "window", "--window", "2", "--keep-best-heads", "2", "--calibrate", text, "--calibrate-tokens", "192");
        Assert.Contains("nowhere", run.Output);
        using var report = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(to, "conversion.json")));
        var places = report.RootElement.GetProperty("ranking").GetProperty("places").EnumerateArray().Select(p => p.GetProperty("place").GetString()!).ToList();
        Assert.Equal(["0.0", "0.1", "1.0", "1.1"], places.Order());
        Assert.Equal(places.Take(2).Order(), HfConfig.Load(to).Liger!["except"]!.AsObject().Select(e => e.Key));
    }

    [Fact]
    public void Windows_are_chosen_by_kv_head_within_a_budget_that_kept_heads_share()
    {
        var (to, text) = (folder["budget"], folder["calibration.txt"]);
        File.WriteAllText(text, string.Concat(Enumerable.Range(0, 200).Select(i => $"the fox {i} ")));
        string[] asked = ["convert", model, "--to", to, "--mixer", "window", "--sinks", "1", "--cache-bits", "8", "--calibrate", text, "--calibrate-tokens", "192"];
        string[] kept = ["--keep-best-heads", "1", "--keep-as", "selected window=4 sinks=0 selected=3 cache-bits=8"];
        // Keys and values of 4 numbers take 6 bytes each; the kept head 6 tokens of 16 bytes, three windows of 2 tokens 24 each.
        var refused = CliRun.Of([.. asked, .. kept, "--budget", "167B", "--budget-windows", "2,8"]);
        Assert.Equal(ExitCode.WrongUse, refused.ExitCode);
        Assert.Contains("expected at least 0.2 KB: 0.1 KB for the smallest windows of 3 kv heads and 0.1 KB for the kept places", refused.Error);
        Assert.Contains("nothing has to be left out", CliRun.Of([.. asked, "--budget", "1 MB"]).Error);
        Assert.False(Path.Exists(to));

        var run = Done([.. asked, .. kept, "--budget", "260B", "--budget-windows", "2,8"]);
        Assert.Contains("240 bytes of 260, 96 of them in kept places", run.Output);
        using var report = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(to, "conversion.json")));
        var budget = report.RootElement.GetProperty("budget");
        var windows = budget.GetProperty("heads").EnumerateArray().Select(head => head.GetProperty("chosen").GetProperty("window").GetInt32()).ToList();
        Assert.Equal([2, 2, 8], windows.Order());
        using var made = CausalLM.Load(CheckpointFolder.Open(to));
        Assert.Equal(budget.GetProperty("bytes").GetInt64(), made.Layers.Sum(layer => layer.Attention.Mixer.StateBytes(1 << 20, sizeof(float))));
        Done("generate", to, "--prompt", "the fox", "--max-tokens", "3");
    }

    [Theory]
    [InlineData("liger-gla", "mixer.keep_best_heads=1", "mixer.budget_windows=[2, 4]", "mixer.budget=2500B")]
    [InlineData("window", "mixer.budget_keys=[8]", "mixer.budget_windows=[4, 8, 16]", "mixer.budget=2200B")]
    public void A_run_finds_its_conversion_within_a_budget_again(string mixer, params string[] budget)
    {
        Calibration();
        string[] asked = ["finetune", recipe, $"mixer.name={mixer}", $"mixer.calibrate={folder["calibration.txt"]}", "mixer.calibrate_tokens=192", $"mixer.calibrate_recall={folder["wording.json"]}", .. budget];
        Done(asked);
        var report = folder["run/converted/conversion.json"];
        var written = File.GetLastWriteTimeUtc(report);
        Done([.. asked, "--resume"]);
        Assert.Equal(written, File.GetLastWriteTimeUtc(report));
    }

    [Fact]
    public void Selected_keys_are_chosen_within_a_budget_and_their_fitted_scores_stored()
    {
        Calibration();
        var to = folder["keys"];
        string[] asked = ["convert", model, "--to", to, "--mixer", "window", "--sinks", "1", "--cache-bits", "8", "--calibrate", folder["calibration.txt"], "--calibrate-tokens", "192", "--calibrate-recall", folder["wording.json"]];
        var run = Done([.. asked, "--budget", "1500B", "--budget-windows", "4,8,32", "--budget-keys", "8,16", "--budget-rounds", "1"]);
        Assert.Contains("fitting key scores", run.Error);
        using var report = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(to, "conversion.json")));
        var budget = report.RootElement.GetProperty("budget");
        Assert.InRange(budget.GetProperty("bytes").GetInt64(), 1, 1500);
        var selected = budget.GetProperty("heads").EnumerateArray().Where(head => head.GetProperty("chosen").TryGetProperty("keys", out _)).ToList();
        Assert.NotEmpty(selected);
        Assert.All(selected, head => Assert.StartsWith("selected ", head.GetProperty("mixer").GetString()));
        using var source = CheckpointFolder.Open(to);
        using var made = CausalLM.Load(source);
        Assert.Equal(budget.GetProperty("bytes").GetInt64(), made.Layers.Sum(layer => layer.Attention.Mixer.StateBytes(1 << 20, sizeof(float))));
        // Unfitted ones begin with a bias of 0.
        var biases = source.TensorNames.Where(name => name.EndsWith(".score-bias", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(biases);
        Assert.All(biases, name => Assert.DoesNotContain(0f, MemoryMarshal.Cast<byte, float>(source.Bytes(name)).ToArray()));
        Done("generate", to, "--prompt", "the fox", "--max-tokens", "3");

        foreach (var (wrong, message) in new[]
        {
            ("--budget-keys 8", "need budget"), ("--budget 1500B --budget-keys 8 --budget-memory 4", "exclude each other"),
            ("--budget 1500B --budget-keys 0", "from 1 to 65536, got 0"), ("--budget 1500B --calibrate-lists 2", "a share from 0 to 1, got 2"),
        })
        {
            var refused = CliRun.Of([.. asked, .. wrong.Split(' '), "--overwrite"]);
            Assert.Contains(message, refused.Error);
            Assert.NotEqual(ExitCode.Done, refused.ExitCode);
        }
    }

    private void Calibration()
    {
        File.WriteAllText(folder["calibration.txt"], string.Concat(Enumerable.Range(0, 400).Select(i => $"the fox {i}. ")));
        // Few tokens, as the tokenizer is one of characters.
        File.WriteAllText(folder["wording.json"], """
            {"facts": [{"key": "digits 2", "value": "digits 1", "fact": "{key} is {value}.", "question": "{key}?", "answer": "{key} is {value}."}]}
            """);
    }

    [Theory]
    [InlineData("mix", "mixture: learned, initial_mix: 0.9", 8, 0.9)]
    [InlineData("decay-offset", "decay_offset: learned", 16, 0.5)]
    public void What_a_mixer_declares_is_converted_trained_saved_merged_and_counted(string declared, string options, int numbers, double start)
    {
        Done("finetune", recipe, $"mixer={{name: liger-gla, window: 8, {options}}}", "train.mixer_parameters=true", "train.mixer_lr=2e-2", "lora.targets=[q_proj]", "train.lr=1e-2");
        var converted = folder["run/converted"];
        Assert.True(File.Exists(Path.Combine(converted, "model-mixer.safetensors")));
        Assert.Matches($@"parameters +[\d,]+, {numbers} of them the mixers'", Done("inspect", converted).Output);

        var name = $"model.layers.1.self_attn.mixer.{declared}";
        using var before = CheckpointFolder.Open(converted);
        Done("export", converted, "--adapter", folder["run/adapter"], "--to", folder["merged"]);
        using var after = CheckpointFolder.Open(folder["merged"]);
        float[] Values(CheckpointFolder checkpoint) => MemoryMarshal.Cast<byte, float>(checkpoint.Bytes(name)).ToArray();
        Assert.All(Values(before), value => Assert.Equal(start, 1 / (1 + Math.Exp(-value)), 1e-6));
        Assert.All(Values(before).Zip(Values(after)), pair => Assert.NotEqual(pair.First, pair.Second));

        // Converted again, to another mixer, nothing of it is left.
        Done("convert", converted, "--to", folder["again"], "--mixer", "window", "--window", "4");
        using var again = CheckpointFolder.Open(folder["again"]);
        Assert.DoesNotContain(name, again.TensorNames);
        Done("eval", folder["again"], "--text", folder["text.txt"], "--context", "16");
    }

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
    public void Validation_of_a_recipe_names_every_check()
    {
        var run = Done("validate", recipe);
        Assert.Equal(10, run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Count(line => line.Contains(": ok — ")));
        Assert.False(Directory.Exists(folder["run"]));
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
    public void Evaluation_gives_loss_and_perplexity_and_sees_no_difference_between_a_model_and_itself()
    {
        File.WriteAllText(folder["needles.jsonl"], """{"prompt": "the cat sat on", "answer": " a", "distance": 2}""" + "\n");
        var run = Done(
            "eval", model, "--against", model, "--text", folder["text.txt"], "--context", "16", "--needles", folder["needles.jsonl"],
            "--records", folder["records.jsonl"], "--device", "cpu", "--json");
        using var result = JsonDocument.Parse(run.Output);
        var figures = result.RootElement;
        var loss = figures.GetProperty("loss").GetDouble();
        Assert.InRange(loss, 0.1, 50);
        Assert.Equal(Math.Exp(loss), figures.GetProperty("perplexity").GetDouble(), Math.Exp(loss) * 1e-9);
        Assert.Equal(1, figures.GetProperty("agreement").GetDouble());
        Assert.InRange(figures.GetProperty("kl_divergence").GetDouble(), 0, 1e-6);
        Assert.Equal(1, figures.GetProperty("needles").GetProperty("cases").GetInt32());
        Assert.Equal(figures.GetProperty("windows").GetInt32() + 1, File.ReadAllLines(folder["records.jsonl"]).Length);
        Assert.True(figures.GetProperty("tokens").GetInt32() > 100);
        Assert.Contains("perplexity", Done("eval", model, "--text", folder["text.txt"], "--context", "16").Output);
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
    public void Recall_data_is_made_trained_on_and_evaluated_with()
    {
        string[] over = ["--text", folder["text.txt"], "--tokenizer", model];
        File.WriteAllText(folder["text.txt"], string.Join(". ", Enumerable.Repeat(TinyCheckpoint.Words, 4)));
        Assert.Matches("made +4 of 1,024 tokens", Done(["data", "recall", .. over, "--tokens", "1000", "--context", "256", "--out", folder["w.jsonl.gz"]]).Output);
        Done("finetune", recipe, $"data.train={folder["w.jsonl.gz"]}", "data.context=256", "train.steps=1", "train.accumulation=1", "data.validation_rows=1");

        using var cases = JsonDocument.Parse(Done(["data", "recall", .. over, "--cases", "2", "--distances", "3,40", "--context", "256", "--out", folder["n.jsonl"], "--json"]).Output);
        Assert.Equal((4, 4), (cases.RootElement.GetProperty("count").GetInt32(), cases.RootElement.GetProperty("answers").GetInt32()));
        Assert.Matches("at distance 40 +[0-9.]+ %", Done("eval", model, "--text", folder["text.txt"], "--context", "16", "--needles", folder["n.jsonl"]).Output);

        Done("data", "mqar", "--tokenizer", model, "--kind", "digits", "--pairs", "2,3", "--cases", "2", "--out", folder["m.jsonl"]);
        using var measured = JsonDocument.Parse(Done("eval", model, "--text", folder["text.txt"], "--context", "16", "--mqar", folder["m.jsonl"], "--json").Output);
        Assert.Equal([2, 3], measured.RootElement.GetProperty("mqar").GetProperty("sizes").EnumerateArray().Select(size => size.GetProperty("pairs").GetInt32()));
        Assert.Matches("of 3 pairs +[0-9.]+ %", Done("eval", model, "--text", folder["text.txt"], "--context", "16", "--mqar", folder["m.jsonl"]).Output);
        var again = CliRun.Of("data", "mqar", "--tokenizer", model, "--out", folder["m.jsonl"]);
        Assert.Equal(ExitCode.WrongUse, again.ExitCode);
        Assert.Contains("is there already", again.Error);
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

    private byte[] Adapter(string run) => File.ReadAllBytes(folder[$"{run}/adapter/adapter_model.safetensors"]);

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
}
