using System.Runtime.InteropServices;
using System.Text.Json;
using Liger.Checkpoints;
using Liger.Models;

namespace Liger.Cli.Tests;

/// <summary>Conversions within a number of bytes.</summary>
public sealed class BudgetTests : Pipeline
{
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
        Assert.Contains("240 bytes of 260; 96 of them in kept places", run.Output);
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
    [InlineData("window", "mixer.budget_softmax=64", "mixer.budget_windows=[4, 8, 16]", "mixer.budget=4000B")]
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

    [Fact]
    public void Softmax_stays_in_heads_within_a_budget_at_the_length_that_counts()
    {
        Calibration();
        var to = folder["growing"];
        string[] asked = ["convert", model, "--to", to, "--mixer", "window", "--cache-bits", "8", "--calibrate", folder["calibration.txt"], "--calibrate-tokens", "192", "--calibrate-recall", folder["wording.json"], "--budget-windows", "2"];
        // A token takes 12 bytes: one head 50 of them, the others one each at least.
        var run = Done([.. asked, "--budget", "700B", "--budget-softmax", "50"]);
        Assert.Contains("of 700 at 50 tokens, growing in 1 of 4 kv heads", run.Output);
        using var report = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(to, "conversion.json")));
        var budget = report.RootElement.GetProperty("budget");
        var growing = Assert.Single(budget.GetProperty("heads").EnumerateArray(), head => head.GetProperty("mixer").GetString() == "softmax cache-bits=8");
        Assert.Equal(600, growing.GetProperty("chosen").GetProperty("bytes").GetInt64());
        Assert.False(growing.GetProperty("chosen").TryGetProperty("window", out _));
        using var made = CausalLM.Load(CheckpointFolder.Open(to));
        Assert.Equal(budget.GetProperty("bytes").GetInt64(), made.Layers.Sum(layer => layer.Attention.Mixer.StateBytes(50, sizeof(float))));
        Done("generate", to, "--prompt", "the fox", "--max-tokens", "3");
        // Half of the heads, and more: softmax becomes the rule.
        Done([.. asked, "--budget", "2000B", "--budget-softmax", "50", "--overwrite"]);
        Done("generate", to, "--prompt", "the fox", "--max-tokens", "3");
        Assert.Contains("the smallest window, 2, got 2", CliRun.Of([.. asked, "--budget", "700B", "--budget-softmax", "2", "--overwrite"]).Error);
    }

    private void Calibration()
    {
        File.WriteAllText(folder["calibration.txt"], string.Concat(Enumerable.Range(0, 400).Select(i => $"the fox {i}. ")));
        // Few tokens, as the tokenizer is one of characters.
        File.WriteAllText(folder["wording.json"], """
            {"facts": [{"key": "digits 2", "value": "digits 1", "fact": "{key} is {value}.", "question": "{key}?", "answer": "{key} is {value}."}]}
            """);
    }
}
