using Liger.Models;
using Liger.Models.Mixers;
using Liger.Testing;

namespace Liger.Contracts.Tests;

/// <summary>What every registered mixer must hold, in each of its forms.</summary>
public class MixerContractTests : MixerTests
{
    [Theory]
    [MemberData(nameof(Mixers))]
    public void The_parallel_form_any_split_and_single_steps_agree(string mixer)
    {
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        var it = new Case(mixer, On);
        var input = it.Input(2, 200);
        int[][] splits = [[1], [15, 48, 1, 1, 135], [5, 1, 40, 1, 1, 64], [64], [130]];
        var extended = splits.Select(lengths => it.Extended(input, lengths)).ToList();
        foreach (var tokens in new[] { 1, 15, 63, 64, 65, 200 })
        {
            var whole = it.Mixer.Parallel(Case.Part(input, 0, tokens));
            foreach (var (parts, lengths) in extended.Zip(splits))
                On.Close(parts.narrow(1, 0, tokens), whole, name: $"{tokens} tokens in parts of {string.Join(", ", lengths)}");
        }
    }

    [Theory]
    [MemberData(nameof(Mixers))]
    public void Memory_is_what_was_announced(string mixer)
    {
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        var it = new Case(mixer, On);
        using var state = it.Mixer.NewState(3, On.Dtype, On.Device);
        var input = it.Input(3, 40);
        it.Mixer.Extend(Case.Part(input, 0, 39), state);
        it.Mixer.Extend(Case.Part(input, 39, 1), state);
        Assert.Equal(3 * it.Mixer.StateBytes(40, On.IsPrecise ? sizeof(float) : sizeof(short)), state.Bytes);
    }

    [Theory]
    [MemberData(nameof(Mixers))]
    public void Later_tokens_and_other_rows_leave_every_bit(string mixer)
    {
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        var it = new Case(mixer, On);
        var input = it.Input(2, 100);
        var other = it.Input(2, 100, seed: 2);
        Tensor Until(Tensor a, Tensor b, long tokens) => cat([a.narrow(1, 0, tokens), b.narrow(1, tokens, 100 - tokens)], 1);
        var later = input with { Queries = Until(input.Queries, other.Queries, 70), Keys = Until(input.Keys, other.Keys, 70), Values = Until(input.Values, other.Values, 70) };
        var whole = it.Mixer.Parallel(input);
        TensorAssert.Same(it.Mixer.Parallel(later).narrow(1, 0, 70), whole.narrow(1, 0, 70), "later tokens");

        Tensor Second(Tensor a, Tensor b) => cat([a.narrow(0, 0, 1), b.narrow(0, 1, 1)], 0);
        var row = new MixerInput(Second(other.Queries, input.Queries), Second(other.Keys, input.Keys), Second(other.Values, input.Values), input.Rotary);
        TensorAssert.Same(it.Mixer.Parallel(row)[1], whole[1], "other rows");
        On.Close(it.Mixer.Parallel(Case.Row(input, 1))[0], whole[1]);
    }

    [Theory]
    [MemberData(nameof(Mixers))]
    public void Grouped_heads_equal_repeated_heads(string mixer)
    {
        // A gate made of queries is the mean of its group's, scores by attention sum over it, and fixed decays go by the kv head: repeated heads are another model then.
        if (mixer.Contains("gate-source=query", StringComparison.Ordinal) || mixer.Split(' ')[0] is "retention" or "liger-retention" or "lightning" or "liger-lightning" || mixer is "selected" or "selected selected=1" or "selected cache-bits=8")
            return;
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        var it = new Case(mixer, On);
        var input = it.Input(1, 80, On.Widest);
        Tensor Repeat(Tensor x) => x.repeat_interleave(2, 2);
        var repeated = new Case(mixer, On, shape => shape with { KvHeads = 4, LayerKvHeads = 4 });
        On.Close(it.Mixer.Parallel(input), repeated.Mixer.Parallel(input with { Keys = Repeat(input.Keys), Values = Repeat(input.Values) }));
    }

    [Theory]
    [MemberData(nameof(Mixers))]
    public void A_kv_head_alone_is_what_it_is_in_its_layer(string mixer)
    {
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        var it = new Case(mixer, On);
        var input = it.Input(1, 80, On.Widest);
        var alone = new Case(mixer, On, shape => new MixerShape(2, 1, shape.HeadDim) { FirstKvHead = 1, LayerKvHeads = 2 });
        var part = new MixerInput(input.Queries.narrow(2, 2, 2), input.Keys.narrow(2, 1, 1), input.Values.narrow(2, 1, 1), input.Rotary);
        On.Close(alone.Mixer.Parallel(part), it.Mixer.Parallel(input).narrow(2, 2, 2));
    }

    [Theory]
    [MemberData(nameof(Mixers))]
    public void What_can_be_seen_of_each_head_is_in_range(string mixer)
    {
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        var it = new Case(mixer, On);
        var views = it.Mixer.Look(it.Input(2, 30));
        Assert.Equal(Enumerable.Range(0, it.Shape.KvHeads), views.Select(view => view.KvHead));
        Assert.All(views, view =>
        {
            Assert.True(view.LogDecay is not { } decay || (decay.shape is [2, 30, _] && decay.isfinite().all().item<bool>() && decay.le(0).all().item<bool>()));
            Assert.True(view.WindowShare is not { } share || (share.shape is [2, 30, 2] && share.ge(0).all().item<bool>() && share.le(1).all().item<bool>()));
        });
    }

    [Theory]
    [MemberData(nameof(Mixers))]
    public void Wrong_shapes_are_named(string mixer)
    {
        using var scope = NewDisposeScope();
        var it = new Case(mixer, On);
        var input = it.Input(1, 5);
        void Refused(string name, Func<MixerInput> wrong) =>
            Assert.Contains($"{name} — expected", Assert.Throws<ModelException>(() => it.Mixer.Parallel(wrong())).Message);
        Refused("keys", () => new MixerInput(input.Queries, input.Keys.narrow(1, 0, 4), input.Values, input.Rotary));
        Refused("values", () => new MixerInput(input.Queries, input.Keys, input.Values.narrow(3, 0, 4), input.Rotary));
        Refused("queries", () => new MixerInput(input.Queries.narrow(2, 0, 3), input.Keys, input.Values, input.Rotary));
    }
}
