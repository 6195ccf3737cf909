using Liger.Checkpoints;
using Liger.Models.Conversion;
using Liger.Models.Mixers;

namespace Liger.Models.Tests;

public class LinearizerTests
{
    [Theory]
    [InlineData("llama", "liger-gla", "liger_gla", "LigerGLAForCausalLM")]
    [InlineData("llama", "liger-hgrn2", "liger_hgrn2", "LigerHGRN2ForCausalLM")]
    [InlineData("llama", "liger-gsa", "liger_gsa", "LigerGSAForCausalLM")]
    [InlineData("mistral", "liger-gla", "liger_mistral_gla", "LigerMistralGLAForCausalLM")]
    [InlineData("qwen2", "liger-gla", "liger_qwen2_gla", "LigerQwen2GLAForCausalLM")]
    [InlineData("qwen3", "liger-gla", "liger_qwen3_gla", "LigerQwen3GLAForCausalLM")]
    [InlineData("llama", "window", "liger_window", "LigerWINDOWForCausalLM")]
    [InlineData("llama", "gla", "liger_gla_only", "LigerGLA_ONLYForCausalLM")]
    public void Names_are_those_of_the_published_models(string family, string mixer, string type, string architecture)
    {
        var plan = Linearizer.Plan(TinyModel.Config(family), Spec(mixer));
        Assert.Equal(type, plan.ModelType);
        Assert.Equal(type, plan.Config["model_type"]!.GetValue<string>());
        Assert.Equal(architecture, plan.Config["architectures"]![0]!.GetValue<string>());
        Assert.Equal(2, plan.Layers.Count);
    }

    [Theory]
    [InlineData("llama", "liger-gla", "sinks", "4", "liger_gla_custom")]
    [InlineData("llama", "liger-gla", "cache-bits", "8", "liger_gla_custom")]
    [InlineData("qwen2", "liger-gla", "window", "32", "liger_qwen2_gla_custom")]
    [InlineData("llama", "liger-gla", "mix", "0.50", "liger_gla")]
    [InlineData("llama", "liger-gsa", "slots", "4", "liger_gsa")]
    [InlineData("mistral", "liger-gsa", "slots", "4", "liger_mistral_gsa_custom")]
    [InlineData("llama", "window", "window", "32", "liger_window")]
    public void Options_that_published_code_does_not_know_keep_it_from_loading_the_result(string family, string mixer, string option, string value, string type)
    {
        var plan = Linearizer.Plan(TinyModel.Config(family), Spec(mixer, (option, value)));
        Assert.Equal(type, plan.ModelType);
        Assert.Equal(type.EndsWith("_custom", StringComparison.Ordinal), plan.Config["architectures"]![0]!.GetValue<string>().Contains("_CUSTOM", StringComparison.Ordinal));
        var spec = MixerSpec.Of(HfConfig.FromJson(plan.Config, "converted/config.json"));
        Assert.True(spec.SameAs(Spec(mixer, (option, value))));
    }

    [Fact]
    public void The_config_can_be_read_back_with_every_hyperparameter()
    {
        var plan = Linearizer.Plan(TinyModel.Config(), Spec("liger-gla", ("window", "32"), ("sinks", "4")));
        var config = HfConfig.FromJson(plan.Config, "converted/config.json");
        var mixer = MixerSpec.Of(config);
        Assert.Equal("liger-gla", mixer.Name);
        Assert.Equal(MixerCatalog.Find("liger-gla").Options.Select(o => o.Name).Order(), mixer.Options.Keys.Order());
        Assert.Equal(("16", "0.5", "4", "32"), (mixer.Options["gate-divisor"], mixer.Options["mix"], mixer.Options["sinks"], mixer.Options["window"]));
        Assert.Equal(8, plan.Config["pool_size"]!.GetValue<int>());
        Assert.Equal("llama", Linearizer.Plan(config, MixerSpec.Softmax).ModelType);
    }

    [Fact]
    public void A_published_model_without_our_section_gets_its_mixer()
    {
        var config = TinyModel.Config("liger_gsa", ("pool_size", 4));
        Assert.Equal(("liger-gsa", "4"), (MixerSpec.Of(config).Name, MixerSpec.Of(config).Options["slots"]));
        Assert.Contains("no mixer 'nonsense'", Assert.Throws<ModelException>(() => MixerSpec.Of(TinyModel.Config("liger_nonsense"))).Message);
    }

    [Fact]
    public void Rope_of_the_newer_schema_is_written_in_the_older_one_too()
    {
        var source = TinyModel.Config("llama", ("rope_theta", null), ("rope_scaling", null),
            ("rope_parameters", new System.Text.Json.Nodes.JsonObject { ["rope_theta"] = 5e5, ["rope_type"] = "default" }));
        var raw = source.CopyRaw();
        raw.Remove("rope_theta");
        raw.Remove("rope_scaling");
        var plan = Linearizer.Plan(HfConfig.FromJson(raw, "config.json"), Spec("liger-gla"));
        Assert.Equal(5e5, plan.Config["rope_theta"]!.GetValue<double>());
        Assert.Equal(5e5, HfConfig.FromJson(plan.Config, "config.json").Rope.Theta);
    }

    [Theory]
    [InlineData("liger-gla", "window", "0", "window — expected a whole number from 1 to 1048576, got '0'")]
    [InlineData("liger-gla", "windw", "8", "unknown option 'windw'")]
    [InlineData("gsa", "slots", "3", "slots — expected a divisor of the head size 8, got 3")]
    [InlineData("nothing", "a", "1", "unknown name 'nothing'")]
    public void What_does_not_fit_is_refused_before_any_work(string mixer, string option, string value, string message)
    {
        var error = Assert.Throws<ModelException>(() => Linearizer.Plan(TinyModel.Config(), Spec(mixer, (option, value))));
        Assert.Contains(message, error.Message);
    }

    private static MixerSpec Spec(string name, params (string Key, string Value)[] options) => new(name, options.ToDictionary(o => o.Key, o => o.Value));
}
