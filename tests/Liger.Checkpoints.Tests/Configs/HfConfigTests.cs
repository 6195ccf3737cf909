using System.Text.Json.Nodes;
using Liger.Testing;
using static TorchSharp.torch;

namespace Liger.Checkpoints.Tests;

public sealed class HfConfigTests
{
    [MaterialFact("weights/stories260K-hf", "weights/teacher-11m")]
    public void Both_schemas_read()
    {
        var stories = HfConfig.Load(Material.Path("weights/stories260K-hf"));
        Assert.Equal((HfFamily.Llama, 64, 172, 5, 8, 4, 8, 512), (stories.Family, stories.HiddenSize, stories.IntermediateSize, stories.NumHiddenLayers, stories.NumAttentionHeads, stories.NumKeyValueHeads, stories.HeadDim, stories.VocabSize));
        Assert.Equal(new RopeConfig(10000), stories.Rope);
        Assert.True(stories.TieWordEmbeddings);
        Assert.Equal(1e-5, stories.RmsNormEps);
        Assert.Equal([2], stories.EosTokenIds);
        Assert.Equal(ScalarType.Float32, stories.Dtype);
        var teacher = HfConfig.Load(Material.Path("weights/teacher-11m/config.json"));
        Assert.Equal((384, 6, 2, 64, 1024), (teacher.HiddenSize, teacher.NumAttentionHeads, teacher.NumKeyValueHeads, teacher.HeadDim, teacher.MaxPositionEmbeddings));
        Assert.Equal(new RopeConfig(10000), teacher.Rope);
        Assert.Equal(ScalarType.BFloat16, teacher.Dtype);
        Assert.Null(teacher.PadTokenId);
        Assert.Equal(0, teacher.BosTokenId);
    }

    [Fact]
    public void A_bare_llama_gets_the_documented_defaults()
    {
        var config = Read("");
        Assert.Equal((8, 8, 2048, 1e-6), (config.NumKeyValueHeads, config.HeadDim, config.MaxPositionEmbeddings, config.RmsNormEps));
        Assert.Equal(new RopeConfig(10000), config.Rope);
        Assert.False(config.TieWordEmbeddings || config.QkvBias || config.OutputBias || config.MlpBias || config.QkNorm);
        Assert.Equal(1, config.BosTokenId);
        Assert.Equal([2], config.EosTokenIds);
        Assert.Null(config.Dtype);
        Assert.Null(config.WindowOf(0));
        Assert.Null(config.Liger);
    }

    [Theory]
    [InlineData("llama", HfFamily.Llama, null)]
    [InlineData("mistral", HfFamily.Mistral, null)]
    [InlineData("qwen2", HfFamily.Qwen2, null)]
    [InlineData("qwen3", HfFamily.Qwen3, null)]
    [InlineData("liger_gla", HfFamily.Llama, "gla")]
    [InlineData("liger_hgrn2", HfFamily.Llama, "hgrn2")]
    [InlineData("liger_gsa", HfFamily.Llama, "gsa")]
    [InlineData("liger_mistral_gla", HfFamily.Mistral, "gla")]
    [InlineData("liger_qwen2_gla", HfFamily.Qwen2, "gla")]
    [InlineData("liger_qwen3_gla", HfFamily.Qwen3, "gla")]
    public void Model_types_have_a_family(string type, HfFamily family, string? kind)
    {
        var config = Read($""" "model_type": "{type}", "num_key_value_heads": 4 """);
        Assert.Equal((family, kind), (config.Family, config.LinearizedKind));
        Assert.Equal(family is HfFamily.Qwen2, config.QkvBias);
        Assert.Equal(family is HfFamily.Qwen3, config.QkNorm);
        Assert.Equal(family is HfFamily.Qwen3 ? 128 : 8, config.HeadDim);
        Assert.Equal(family is HfFamily.Mistral ? 4096 : null, config.WindowOf(1));
    }

    [Fact]
    public void Sliding_windows_follow_each_family()
    {
        Assert.Null(Read(""" "model_type": "mistral", "num_key_value_heads": 8, "sliding_window": null """).SlidingWindow);
        Assert.Equal(7, Read(""" "model_type": "mistral", "sliding_window": 7 """).WindowOf(0));
        Assert.Null(Read(""" "model_type": "qwen2", "num_key_value_heads": 8, "sliding_window": 7 """).SlidingWindow);
        var qwen = Read(""" "model_type": "qwen2", "num_key_value_heads": 8, "sliding_window": 7, "use_sliding_window": true, "max_window_layers": 1 """);
        Assert.Equal([null, 7], [qwen.WindowOf(0), qwen.WindowOf(1)]);
        var listed = Read(""" "model_type": "qwen3", "num_key_value_heads": 8, "sliding_window": 7, "use_sliding_window": true, "layer_types": ["sliding_attention", "full_attention"] """);
        Assert.Equal([7, null], [listed.WindowOf(0), listed.WindowOf(1)]);
    }

    [Theory]
    [InlineData(""" "rope_theta": 500000, "rope_scaling": {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 8192} """)]
    [InlineData(""" "rope_parameters": {"rope_theta": 500000.0, "rope_type": "llama3", "factor": 8, "low_freq_factor": 1, "high_freq_factor": 4, "original_max_position_embeddings": 8192} """)]
    public void Llama3_scaling_reads_from_both_schemas(string fields) =>
        Assert.Equal(new RopeConfig(500000, RopeType.Llama3, 8, 1, 4, 8192), Read(fields).Rope);

    [Theory]
    [InlineData(""" "rope_scaling": {"type": "linear", "factor": 2.0} """)]
    [InlineData(""" "rope_scaling": {"rope_type": "linear", "type": "linear", "factor": 2} """)]
    [InlineData(""" "rope_parameters": {"rope_type": "linear", "factor": 2}, "rope_theta": 10000 """)]
    public void Linear_scaling_reads_from_both_schemas(string fields) => Assert.Equal(new RopeConfig(10000, RopeType.Linear, 2), Read(fields).Rope);

    [Theory]
    [InlineData(""" "rope_scaling": {"type": "dynamic", "factor": 2.0} """, "dynamic")]
    [InlineData(""" "rope_scaling": {"rope_type": "yarn", "factor": 2.0} """, "yarn")]
    [InlineData(""" "rope_scaling": {"factor": 2.0} """, "rope_scaling.rope_type")]
    [InlineData(""" "rope_scaling": {"type": "linear"} """, "rope_scaling.factor")]
    [InlineData(""" "rope_scaling": {"type": "linear", "factor": 0.5} """, "0.5")]
    [InlineData(""" "rope_scaling": "linear" """, "rope_scaling")]
    [InlineData(""" "rope_theta": 1e400 """, "rope_theta")]
    [InlineData(""" "rope_theta": 0 """, "rope_theta")]
    [InlineData(""" "rope_theta": 5, "rope_parameters": {"rope_theta": 6, "rope_type": "default"} """, "rope_theta")]
    [InlineData(""" "rope_scaling": {"type": "linear", "factor": 2}, "rope_parameters": {"rope_type": "default"} """, "differ")]
    [InlineData(""" "partial_rotary_factor": 0.5 """, "partial_rotary_factor")]
    [InlineData(""" "model_type": "gemma" """, "gemma")]
    [InlineData(""" "model_type": "liger_" """, "liger_")]
    [InlineData(""" "model_type": 3 """, "model_type")]
    [InlineData(""" "hidden_act": "gelu" """, "gelu")]
    [InlineData(""" "hidden_size": -64 """, "-64")]
    [InlineData(""" "hidden_size": 64.5 """, "64.5")]
    [InlineData(""" "hidden_size": "64" """, "hidden_size")]
    [InlineData(""" "hidden_size": 99999999999999999999 """, "hidden_size")]
    [InlineData(""" "hidden_size": null """, "hidden_size")]
    [InlineData(""" "num_hidden_layers": 100000000 """, "num_hidden_layers")]
    [InlineData(""" "num_key_value_heads": 3 """, "3 key-value heads")]
    [InlineData(""" "num_attention_heads": 7 """, "head_dim")]
    [InlineData(""" "head_dim": 7 """, "even")]
    [InlineData(""" "tie_word_embeddings": "yes" """, "tie_word_embeddings")]
    [InlineData(""" "eos_token_id": [1, null] """, "eos_token_id")]
    [InlineData(""" "eos_token_id": [1, "2"] """, "eos_token_id")]
    [InlineData(""" "dtype": "int8" """, "int8")]
    [InlineData(""" "quantization_config": {"bits": 4} """, "quantization_config")]
    [InlineData(""" "liger": 5 """, "liger")]
    [InlineData(""" "architectures": "LlamaForCausalLM" """, "architectures")]
    [InlineData(""" "layer_types": ["full_attention"] """, "layer_types")]
    [InlineData(""" "layer_types": ["full_attention", "sliding_attention"] """, "layer_types")]
    [InlineData(""" "rms_norm_eps": NaN """, "line 1")]
    [InlineData(""" "hidden_size": 64, "hidden_size": 65 """, "hidden_size")]
    public void What_cannot_be_used_is_named(string fields, string says)
    {
        using var folder = new TemporaryFolder();
        var error = Assert.Throws<CheckpointException>(() => Read(fields));
        Assert.Equal("config.json", error.File);
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Hostile_text_is_a_typed_error()
    {
        using var folder = new TemporaryFolder();
        string[] texts = ["", "[]", "7", "{", new string('[', 100_000), "{\"a\":" + new string('[', 100_000), "{\"model_type\":\"\\ud800\"}", "{\"\\ud800\":1}", "\0"];
        foreach (var text in texts)
        {
            File.WriteAllText(folder["config.json"], text);
            Assert.Equal(folder["config.json"], Assert.Throws<CheckpointException>(() => HfConfig.Load(folder.Path)).File);
        }
        Assert.Throws<CheckpointException>(() => HfConfig.Load(folder["absent"]));
    }

    [Fact]
    public void Every_damaged_byte_is_survived()
    {
        var valid = System.Text.Encoding.UTF8.GetBytes($$"""{{{Checkpoints.LlamaFields}}, "eos_token_id": [1, 2], "rope_scaling": {"rope_type": "linear", "factor": 2.0} }""");
        foreach (var replacement in "\"{}[],:0-e\\\u0001")
            for (var at = 0; at < valid.Length; at++)
            {
                var bytes = (byte[])valid.Clone();
                bytes[at] = (byte)replacement;
                try
                {
                    HfConfigReader.Read(JsonFile.Parse(bytes, "f"), "f");
                }
                catch (CheckpointException error)
                {
                    Assert.Equal("f", error.File);
                }
            }
    }

    [Fact]
    public void The_raw_object_keeps_what_is_not_understood()
    {
        var config = Read(""" "custom": {"x": [1e-05, "ü"]}, "rms_norm_eps": 1e-05 """);
        var raw = config.CopyRaw();
        raw["liger"] = new JsonObject { ["window"] = 64 };
        var again = HfConfig.FromJson(raw, "config.json");
        Assert.Equal(64, again.Liger!["window"]!.GetValue<int>());
        var text = System.Text.Encoding.UTF8.GetString(JsonFile.Format(again.Raw));
        Assert.Contains("1e-05", text, StringComparison.Ordinal);
        Assert.Contains("ü", text, StringComparison.Ordinal);
        Assert.Null(config.Liger);
    }

    /// <summary>A Llama config with the fields replaced or added.</summary>
    private static HfConfig Read(string fields)
    {
        var own = System.Text.RegularExpressions.Regex.Matches(fields, "^ *\"([a-z_]+)\"").Select(match => match.Groups[1].Value).ToHashSet();
        var kept = Checkpoints.LlamaFields.Split(',').Where(field => !own.Contains(field.Split('"')[1]));
        var all = string.Join(",", fields.Length == 0 ? kept : kept.Append(fields));
        return HfConfigReader.Read(JsonFile.Parse(System.Text.Encoding.UTF8.GetBytes($"{{{all}}}"), "config.json"), "config.json");
    }
}
