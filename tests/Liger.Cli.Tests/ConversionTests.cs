using System.Runtime.InteropServices;
using System.Text.Json;
using Liger.Checkpoints;

namespace Liger.Cli.Tests;

/// <summary>Conversions through the command line, and what they keep.</summary>
public sealed class ConversionTests : Pipeline
{
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
}
