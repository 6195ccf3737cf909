using System.Text.Json.Nodes;
using Liger.Testing;
using TorchSharp;
using static TorchSharp.torch;

namespace Liger.Checkpoints.Tests;

public sealed class AdapterFolderTests : IDisposable
{
    private const string Module = "model.layers.0.self_attn.q_proj";
    private static readonly AdapterConfig Config = new() { Rank = 2, Alpha = 16, Dropout = 0.1, TargetModules = ["q_proj"], BaseModelNameOrPath = "base" };
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void An_adapter_reads_back_under_the_names_of_peft()
    {
        using var scope = torch.NewDisposeScope();
        var (a, b) = (torch.randn([2, 5]), torch.randn([7, 2]));
        AdapterFolder.Write(folder["adapter"], Config, [new(Module, a, b)]);
        using (var file = SafeTensorsFile.Open(folder["adapter/adapter_model.safetensors"]))
            Assert.Equal([$"base_model.model.{Module}.lora_A.weight", $"base_model.model.{Module}.lora_B.weight"], file.Names);
        using var adapter = AdapterFolder.Open(folder["adapter"]);
        Assert.Equal(Config with { TargetModules = adapter.Config.TargetModules }, adapter.Config);
        Assert.Equal(["q_proj"], adapter.Config.TargetModules);
        Assert.Equal(8, adapter.Config.Scaling);
        var read = adapter.Read(Assert.Single(adapter.Modules));
        TensorAssert.Close(read.A, a);
        TensorAssert.Close(read.B, b);
        Assert.Throws<CheckpointException>(() => AdapterFolder.Write(folder["adapter"], Config, [new(Module, a, b)]));
        AdapterFolder.Write(folder["adapter"], Config, [new(Module, a, b)], overwrite: true);
        Assert.True(AdapterFolder.IsAdapter(folder["adapter"]));
    }

    [Fact]
    public void The_config_has_what_peft_reads()
    {
        var json = AdapterConfigJson.Format(Config);
        Assert.Equal("""{"peft_type":"LORA","task_type":"CAUSAL_LM","r":2,"lora_alpha":16}""",
            new JsonObject(new[] { "peft_type", "task_type", "r", "lora_alpha" }.Select(key => KeyValuePair.Create(key, json[key]?.DeepClone()))).ToJsonString());
        Assert.Equal(json.Select(pair => pair.Key).Order(StringComparer.Ordinal), json.Select(pair => pair.Key));
    }

    [Theory]
    [InlineData("bias", "\"all\"")]
    [InlineData("modules_to_save", "[\"lm_head\"]")]
    [InlineData("rank_pattern", "{\"q_proj\":4}")]
    [InlineData("alpha_pattern", "{\"q_proj\":4}")]
    [InlineData("fan_in_fan_out", "true")]
    [InlineData("lora_bias", "true")]
    [InlineData("layer_replication", "[[0,1]]")]
    [InlineData("init_lora_weights", "\"pissa\"")]
    [InlineData("peft_type", "\"IA3\"")]
    [InlineData("task_type", "\"SEQ_CLS\"")]
    [InlineData("target_modules", "\".*q_proj\"")]
    [InlineData("target_modules", "[]")]
    [InlineData("target_modules", "null")]
    [InlineData("r", "0")]
    [InlineData("r", "4.5")]
    [InlineData("lora_alpha", "0")]
    [InlineData("lora_dropout", "1")]
    [InlineData("something_new", "3")]
    public void Options_that_are_not_supported_are_refused_by_name(string option, string value)
    {
        var json = AdapterConfigJson.Format(Config);
        json[option] = JsonNode.Parse(value);
        Assert.Contains(option, Assert.Throws<CheckpointException>(() => Reread(json)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("lora_alpha", "64.0")]
    [InlineData("eva_config", "null")]
    [InlineData("loftq_config", "{}")]
    [InlineData("megatron_core", "\"megatron.core\"")]
    [InlineData("peft_version", "\"0.18.0\"")]
    [InlineData("init_lora_weights", "\"gaussian\"")]
    [InlineData("task_type", "null")]
    [InlineData("use_qalora", "false")]
    public void Options_without_effect_are_accepted(string option, string value)
    {
        var json = AdapterConfigJson.Format(Config);
        json[option] = JsonNode.Parse(value);
        Reread(json);
    }

    [Theory]
    [InlineData("base_model.model.model.q_proj.lora_A.weight", 2, 5, null, 0, 0, "partner")]
    [InlineData("base_model.model.model.q_proj.lora_A.weight", 3, 5, "base_model.model.model.q_proj.lora_B.weight", 7, 2, "lora_A")]
    [InlineData("base_model.model.model.q_proj.lora_A.weight", 2, 5, "base_model.model.model.q_proj.lora_B.weight", 7, 3, "lora_B")]
    [InlineData("base_model.model.model.k_proj.lora_A.weight", 2, 5, "base_model.model.model.k_proj.lora_B.weight", 7, 2, "target_modules")]
    [InlineData("base_model.model.model.q_proj.lora_A.weight", 2, 5, "base_model.model.model.q_proj.lora_magnitude_vector", 7, 2, "LoRA")]
    [InlineData("model.q_proj.lora_A.weight", 2, 5, "model.q_proj.lora_B.weight", 7, 2, "LoRA")]
    [InlineData("base_model.model.lora_A.weight", 2, 5, "base_model.model.lora_B.weight", 7, 2, "")]
    public void Weights_that_do_not_fit_are_named(string first, long rows, long columns, string? second, long rows2, long columns2, string says)
    {
        var entries = new List<SafeTensorEntry> { new(first, ScalarType.Byte, [rows, columns]) };
        if (second is not null)
            entries.Add(new SafeTensorEntry(second, ScalarType.Byte, [rows2, columns2]));
        using (var writer = SafeTensorsWriter.Create(folder[AdapterFolder.WeightsFile], entries))
        {
            foreach (var entry in entries)
                writer.Write(entry.Name, new byte[entry.Length]);
            writer.Commit();
        }
        JsonFile.Write(folder[AdapterConfig.FileName], AdapterConfigJson.Format(Config));
        var error = Assert.Throws<CheckpointException>(() => AdapterFolder.Open(folder.Path));
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
        Assert.NotNull(error.TensorName);
    }

    [Fact]
    public void A_target_without_matrices_or_a_missing_file_is_an_error()
    {
        using var scope = torch.NewDisposeScope();
        AdapterFolder.Write(folder["a"], Config with { TargetModules = ["q_proj", "v_proj"] }, [new(Module, torch.zeros([2, 5]), torch.zeros([7, 2]))]);
        Assert.Contains("v_proj", Assert.Throws<CheckpointException>(() => AdapterFolder.Open(folder["a"])).Message, StringComparison.Ordinal);
        File.Delete(folder["a/adapter_model.safetensors"]);
        Assert.Throws<CheckpointException>(() => AdapterFolder.Open(folder["a"]));
        Assert.Throws<CheckpointException>(() => AdapterFolder.Open(folder["absent"]));
        Assert.Throws<CheckpointException>(() => AdapterFolder.Write(folder["b"], Config, [new(Module, torch.zeros([3, 5]), torch.zeros([7, 2]))]));
        Assert.False(Directory.Exists(folder["b"]));
    }

    private static AdapterConfig Reread(JsonObject json) => AdapterConfigJson.Read(JsonFile.Parse(JsonFile.Format(json), "adapter_config.json"), "adapter_config.json");

    [Fact]
    public void Doras_lengths_are_stored_under_pefts_name_and_belong_to_use_dora()
    {
        using var folder = new TemporaryFolder();
        using var scope = torch.NewDisposeScope();
        var (a, b, lengths) = (torch.ones([2, 5]), torch.ones([7, 2]), torch.arange(7).to(float32));
        var dora = Config with { UseDora = true };
        AdapterFolder.Write(folder["a"], dora, [new(Module, a, b, lengths)]);
        using (var stored = AdapterFolder.Open(folder["a"]))
        {
            Assert.True(stored.Config.UseDora);
            Assert.Equal($"base_model.model.{Module}.lora_magnitude_vector", stored.Modules[0].Magnitude!.Name);
            TensorAssert.Same(stored.Read(stored.Modules[0].Magnitude!), lengths);
        }
        Assert.Contains("missing", Assert.Throws<CheckpointException>(() => AdapterFolder.Write(folder["b"], dora, [new(Module, a, b)])).Message, StringComparison.Ordinal);
        Assert.Contains("none without", Assert.Throws<CheckpointException>(() => AdapterFolder.Write(folder["b"], Config, [new(Module, a, b, lengths)])).Message, StringComparison.Ordinal);
        Assert.Throws<CheckpointException>(() => AdapterFolder.Write(folder["b"], dora, [new(Module, a, b, torch.ones(6))]));
        JsonFile.Write(Path.Combine(folder["a"], AdapterConfig.FileName), AdapterConfigJson.Format(Config));
        Assert.Contains("no LoRA matrix", Assert.Throws<CheckpointException>(() => AdapterFolder.Open(folder["a"])).Message, StringComparison.Ordinal);
    }
}
