using Liger.Checkpoints;
using Liger.Models.Conversion;
using Liger.Models.Graph;
using Liger.Models.Mixers;
using Liger.Testing;

namespace Liger.Models.Tests;

public class MixerOptionTests
{
    [Fact]
    public void Words_and_truth_values_go_through_config_json()
    {
        var plan = Linearizer.Plan(TinyModel.Config(), Spec("liger-gla", ("gate-source", "query"), ("rope", "true"), ("feature-map", "l2-norm")));
        var section = plan.Config["liger"]!;
        Assert.Equal("query", section["gate_source"]!.GetValue<string>());
        Assert.True(section["rope"]!.GetValue<bool>());
        var read = MixerSpec.Of(HfConfig.FromJson(plan.Config, "config.json"));
        Assert.Equal(("l2-norm", "true", "false"), (read.Options["feature-map"], read.Options["rope"], read.Options["normalized"]));
    }

    [Fact]
    public void A_choice_of_numbers_is_a_number_in_config_json_and_others_are_refused()
    {
        var plan = Linearizer.Plan(TinyModel.Config(), Spec("softmax", ("cache-bits", "8")));
        Assert.Equal("liger_softmax", plan.ModelType);
        Assert.Equal(8, plan.Config["liger"]!["cache_bits"]!.GetValue<int>());
        var read = MixerSpec.Of(HfConfig.FromJson(plan.Config, "config.json"));
        Assert.Equal(("8", false), (read.Options["cache-bits"], read.IsSoftmax));
        var refused = Assert.Throws<ModelException>(() => Spec("window", ("cache-bits", "12")).Create(new MixerShape(4, 2, 6)));
        Assert.Contains("cache-bits — expected one of 8, 16, got '12'", refused.Message);
    }

    [Theory]
    [InlineData("gate-source", "keys", "gate-source — expected one of key, query, value, constant, got 'keys'")]
    [InlineData("rope", "yes", "rope — expected one of true, false, got 'yes'")]
    [InlineData("gate-divisor", "0", "gate-divisor — expected a number from 0.001 to 1000000, got '0'")]
    [InlineData("gate-logit", "1", "gate-logit and gate-source exclude each other")]
    public void A_value_that_is_not_accepted_is_named_with_what_is(string name, string value, string message) =>
        Assert.Contains(message, Assert.Throws<ModelException>(() => Spec("gla", (name, value)).Create(new MixerShape(4, 2, 6))).Message);

    [Fact]
    public void A_carried_prefill_honours_documents_and_padding()
    {
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        var mixer = Spec("gla", ("normalized", "true"), ("gate-shape", "scalar"), ("rope", "true")).Create(new MixerShape(4, 2, 6));
        Tensor Random(long heads) => randn(1, 40, heads, 6);
        var (q, k, v) = (Random(4), Random(2), Random(2));
        var (cos, sin) = (randn(40, 3), randn(40, 3));
        MixerInput Part(int from, int count, SequenceLayout? layout) => new(
            q.narrow(1, from, count), k.narrow(1, from, count), v.narrow(1, from, count), new RotaryTable(cos.narrow(0, from, count), sin.narrow(0, from, count)), layout);

        // Ten tokens of a document of fifteen; then the rest of it and one of twenty-five.
        using var whole = SequenceLayout.Packed([[15]], 40)!;
        using var rest = whole.Slice(10, 30);
        using var state = mixer.NewState(1, float32, CPU);
        mixer.Extend(Part(0, 10, null), state).Dispose();
        var second = mixer.Extend(Part(10, 30, rest), state);
        TensorAssert.Close(second.narrow(1, 0, 5), mixer.Parallel(Part(0, 15, null)).narrow(1, 10, 5));
        TensorAssert.Close(second.narrow(1, 5, 25), mixer.Parallel(Part(15, 25, null)));
        TensorAssert.Close(Matrix(Part(10, 30, rest)), Matrix(Part(15, 25, null)));

        foreach (var left in new[] { true, false })
        {
            using var padded = SequenceLayout.Padded([25], 40, left);
            TensorAssert.Close(Matrix(Part(0, 40, padded)), Matrix(Part(left ? 15 : 0, 25, null)), name: $"left {left}");
        }

        Tensor Matrix(MixerInput input)
        {
            var last = (RecurrentState)mixer.NewState(1, float32, CPU);
            mixer.Extend(input, last).Dispose();
            return last.Matrices[0];
        }
    }

    private static MixerSpec Spec(string name, params (string Key, string Value)[] options) => new(name, options.ToDictionary(o => o.Key, o => o.Value));
}
