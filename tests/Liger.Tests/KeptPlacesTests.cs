using System.Globalization;
using System.Text.Json.Nodes;
using Liger.Checkpoints;
using Liger.Models;
using Liger.Models.Conversion;
using Liger.Models.Mixers;
using Liger.Steps;

namespace Liger.Tests;

public class KeptPlacesTests
{
    private static readonly MixerSpec Window = new("window", new Dictionary<string, string> { ["window"] = "8", ["sinks"] = "2" });

    [Fact]
    public void Softmax_is_kept_where_it_is_asked_for()
    {
        var config = Config(6);
        var every = new KeptPlaces { Every = 3, Heads = ["0.1"] }.Over(Window, config);
        Assert.Equal("window; softmax in 0.1, 2, 5", every.ToString());
        var plan = Linearizer.Plan(config, every);
        Assert.Equal("kv 0: window (window 8, sinks 2, cache-bits 16); kv 1: softmax", plan.Layers[0].After);
        Assert.Equal("softmax", plan.Layers[5].After);
    }

    [Fact]
    public void Kept_places_may_have_another_mixer_than_softmax()
    {
        var plan = new KeptPlaces { Heads = ["1.1"], As = "selected selected=4 window=8" }.Over(Window, Config(2));
        Assert.Equal("window; selected in 1.1", plan.ToString());
        Assert.Equal("4", plan.At(1, 1).Options["selected"]);
        foreach (var (wrong, message) in new[] { ("selected 4", "expected option=value"), ("selected kept=4", "unknown option 'kept'"), ("selectd", "unknown name 'selectd'"), ("", "expected NAME") })
            Assert.Contains(message, Assert.Throws<ModelException>(() => new KeptPlaces { Heads = ["1.1"], As = wrong }.Over(Window, Config(2))).Message);
    }

    [Theory]
    [InlineData("9", null, "", "keep-layers: expected layers from 0 to 1, got 9")]
    [InlineData("", 7, "", "keep-every: expected a number from 2 to 2, the model's layers, got 7")]
    [InlineData("0", 2, "", "keep-layers and keep-every exclude each other")]
    [InlineData("1", null, "1.0", "keep-heads names 1.0, whose layer keep-layers keeps whole")]
    [InlineData("", null, "0.2", "keep-heads: 0.2 — expected a kv head from 0 to 1")]
    [InlineData("", null, "5.0", "keep-heads: 5.0 — expected a layer from 0 to 1")]
    public void A_choice_that_makes_no_sense_is_refused(string layers, int? every, string heads, string message)
    {
        var keep = new KeptPlaces
        {
            Layers = layers == "" ? [] : [int.Parse(layers, CultureInfo.InvariantCulture)],
            Every = every,
            Heads = heads == "" ? [] : [heads],
        };
        Assert.Contains(message, Assert.Throws<ModelException>(() => keep.Over(Window, Config(2))).Message);
    }

    [Fact]
    public void What_a_budget_may_be_spent_on_needs_a_budget_and_the_window()
    {
        var keys = new KeptPlaces { BudgetKeys = [8], Calibrate = "text" };
        void Refused(KeptPlaces keep, string message) => Assert.Contains(message, Assert.Throws<ModelException>(() => keep.Over(Window, Config(2))).Message);
        Refused(keys, "budget-keys, budget-memory and budget-softmax need budget");
        Refused(new KeptPlaces { BudgetSoftmax = 64, Calibrate = "text" }, "budget-softmax need budget");
        Refused(new KeptPlaces { BudgetSoftmax = 0, Budget = "1MB", Calibrate = "text" }, "budget-softmax: expected a number of tokens from 1 to 1073741824, got 0");
        Refused(keys with { Budget = "1MB", BudgetMemory = [4] }, "exclude each other");
        Refused(keys with { Budget = "1MB", BudgetRounds = 9 }, "budget-rounds: expected a number from 1 to 8, got 9");
        Refused(keys with { Budget = "1MB", BudgetKeys = [8, -1] }, "budget-keys: expected numbers from 1 to 65536, got -1");
        Refused(new KeptPlaces { BudgetMemoryAs = "selected", Budget = "1MB", Calibrate = "text" }, "budget-memory-as: expected memory and its options, as \"memory memory-degree=3\", got 'selected'");
        Refused(new KeptPlaces { BudgetMemory = [200], Budget = "1MB", Calibrate = "text" }, "budget-memory: expected ranks from 1 to 128, got 200");
        Refused(new KeptPlaces { CalibrateRecall = "a.json" }, "need calibrate");
        var fits = keys with { Budget = "1MB" };
        Assert.True(fits.WordedRecall);
        Assert.Contains("got liger-gla", Assert.Throws<ModelException>(() => fits.Memory(Config(2), 2)!.Ladder(MixerSpec.Parse("liger-gla"))).Message);
    }

    private static HfConfig Config(int layers) => HfConfig.FromJson(
        new JsonObject
        {
            ["model_type"] = "llama",
            ["hidden_size"] = 32,
            ["intermediate_size"] = 48,
            ["num_hidden_layers"] = layers,
            ["num_attention_heads"] = 4,
            ["num_key_value_heads"] = 2,
            ["vocab_size"] = 50,
            ["max_position_embeddings"] = 512,
            ["rms_norm_eps"] = 1e-5,
        },
        "config.json");
}
