using Liger.Models.Mixers;
using Liger.Testing;

namespace Liger.Models.Tests;

public class HeadLadderTests
{
    private static readonly HeadSizes Sizes = new([16, 4], [8], [3]);

    [Fact]
    public void Forms_take_over_sinks_and_bits_and_know_their_bytes()
    {
        using var model = TinyModel.Make(MixerSpec.Softmax);
        var ladder = new HeadLadder(model.Config, MixerSpec.Parse("window window=64 sinks=2 cache-bits=8"), Sizes, elementSize: 4);
        var head = ladder.Heads[0];
        Assert.Equal(["4", "16"], ladder.Windows(head).Select(form => form.ToString()));
        Assert.Equal(["4 + 8 keys", "16 + 8 keys", "4 + memory of 3", "16 + memory of 3"], ladder.Remembering(head).Select(form => form.ToString()));
        Assert.Equal("selected window=4 sinks=2 cache-bits=8 selected=8 key-score=learned", ladder.Remembering(head)[0].Spec.ToText());
        var memory = ladder.Remembering(head)[2];
        Assert.Equal("memory window=4 sinks=2 cache-bits=8 memory-rank=3", memory.Spec.ToText());
        Assert.Equal(("window window=4 sinks=2 cache-bits=8", "selected window=4 sinks=2 cache-bits=8 selected=6 key-score=learned"), (memory.OnText.ToText(), memory.OnRecall.ToText()));
        var options = MixerSpec.Parse("memory memory-degree=3 cache-bits=16 memory-rank=9");
        var other = new HeadLadder(model.Config, ladder.Plan, Sizes with { Memory = options }, elementSize: 4).Remembering(head)[2];
        Assert.Equal("memory window=4 sinks=2 cache-bits=8 memory-degree=3 memory-rank=3", other.Spec.ToText());
        Assert.Equal("10", other.OnRecall.Options["selected"]);
        var shape = MixerShape.Of(model.Config, 0) with { Heads = model.Config.NumAttentionHeads / model.Config.NumKeyValueHeads, KvHeads = 1 };
        Assert.All(ladder.Windows(head).Concat(ladder.Remembering(head)), form => Assert.Equal(form.Spec.Create(shape).StateBytes(1 << 20, 4), form.Bytes));
    }

    [Fact]
    public void Softmax_counts_at_a_length_takes_what_options_it_has_and_may_become_what_most_heads_have()
    {
        using var model = TinyModel.Make(MixerSpec.Softmax);
        var sizes = new HeadSizes([4, 16]) { Softmax = 100 };
        foreach (var plan in (string[])["window sinks=2 cache-bits=8", "liger-gla sinks=2 cache-bits=8"])
        {
            var ladder = new HeadLadder(model.Config, MixerSpec.Parse(plan), sizes, elementSize: 4);
            Assert.Equal(["4", "16", "softmax"], ladder.Alone(ladder.Heads[0]).Select(form => form.ToString()));
            Assert.Empty(ladder.Remembering(ladder.Heads[0]));
            var growing = ladder.Alone(ladder.Heads[0])[^1];
            Assert.Equal(("softmax cache-bits=8", "softmax", (int?)null), (growing.Spec.ToText(), growing.ToString(), growing.Window));
            var shape = MixerShape.Of(model.Config, 0) with { Heads = model.Config.NumAttentionHeads / model.Config.NumKeyValueHeads, KvHeads = 1 };
            Assert.Equal(growing.Spec.Create(shape).StateBytes(100, 4), growing.Bytes);
            var made = ladder.With([.. ladder.Heads.Select((head, i) => i == 0 ? ladder.Windows(head)[0].Spec : growing.Spec)]);
            Assert.Equal("softmax", made.Default.Name);
            Assert.Equal("4", made.At(0, 0).Options["window"]);
        }
        Assert.Contains("more tokens than the smallest window, 4, got 4",
            Assert.Throws<ModelException>(() => new HeadLadder(model.Config, MixerSpec.Parse("window"), sizes with { Softmax = 4 }, 4)).Message);
    }

    [Fact]
    public void The_plan_has_every_head_as_it_was_chosen()
    {
        using var model = TinyModel.Make(MixerSpec.Softmax);
        var plan = new MixerPlan(MixerSpec.Parse("window sinks=2")).With(MixerSpec.Softmax, new MixerPlace(0, 1));
        var ladder = new HeadLadder(model.Config, plan, Sizes, elementSize: 4);
        List<MixerSpec> chosen = [.. ladder.Heads.Select((head, i) => i == 1 ? ladder.Remembering(head)[0].Spec : ladder.Windows(head)[1].Spec)];
        var made = ladder.With(chosen);
        foreach (var (head, spec) in ladder.Heads.Zip(chosen))
            Assert.True(made.At(head.Layer, head.KvHead!.Value).SameAs(spec));
        Assert.True(made.At(0, 1).IsSoftmax);
        Assert.Equal("16", made.Default.Options["window"]);
    }

    [Fact]
    public void Scores_go_to_their_heads_and_rank_in_parallel_as_step_by_step()
    {
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        var plan = new MixerPlan(MixerSpec.Parse("selected window=3 selected=2 key-score=learned")).With(MixerSpec.Parse("memory window=2 memory-rank=3"), new MixerPlace(1, 1));
        using var model = TinyModel.Make(MixerSpec.Softmax);
        using var mixers = model.NewMixers(plan);
        using var table = new KeyScoreTable();
        var initial = mixers.Parameters.Single(p => p.Name.EndsWith("1.self_attn.mixer.kv0.score", StringComparison.Ordinal)).Parameter.Value.clone();
        foreach (var head in model.KvHeads.Where(head => head != new MixerPlace(1, 0)))
            table.Put(head, full_like(initial, (head.Layer * 10) + head.KvHead!.Value + 1).flatten(), ones([1]));
        table.Give(mixers);
        float[] First(string name) => mixers.Parameters.Single(p => p.Name == $"model.layers.{name}").Parameter.Value.select(1, 0).data<float>().ToArray();
        Assert.Equal([1, 2], First("0.self_attn.mixer.score"));
        Assert.Equal([12], First("1.self_attn.mixer.kv1.score"));
        Assert.Equal(initial.select(1, 0).data<float>().ToArray(), First("1.self_attn.mixer.kv0.score"));

        var original = model.Mixers;
        model.Mixers = mixers;
        var ids = TinyModel.Ids(1, 20);
        var whole = model.forward(ids).select(1, 19);
        var state = model.NewState(1);
        Tensor? last = null;
        for (var t = 0; t < 20; t++)
            last = model.Step(ids.narrow(1, t, 1), state);
        TensorAssert.Close(last!, whole);
        model.Mixers = original;
    }
}
