using Liger.Models.Decoding;
using Liger.Models.Graph;
using Liger.Models.Mixers;
using Liger.Testing;

namespace Liger.Models.Tests;

public class RecordedStepsTests : PlacedTests
{
    private const int Steps = 9, Between = 2, Rounds = 2;

    /// <summary>A layer of four kv heads, one of each kind.</summary>
    private const string Mixed = "selected window=5 sinks=1 selected=6 key-score=learned cache-bits=8 | window window=9 sinks=2"
        + " | memory window=4 sinks=2 memory-rank=3 | selected window=3 sinks=0 selected=9";

    /// <summary>In the dtypes that the cases name, wherever it is.</summary>
    public override bool Take(ScalarType dtype) => dtype == float32;

    // Prompts that end before the window is full, before all places are taken, and after both; and, with 40, that never get so far.
    [Theory]
    [InlineData("liger-gla window=7 sinks=2", 3)]
    [InlineData("liger-gla window=7 sinks=2", 40)]
    [InlineData("liger-gated-delta window=7 sinks=2", 9)]
    [InlineData("window window=7 sinks=2", 1)]
    [InlineData("window window=7 sinks=2", 23)]
    [InlineData("window window=1", 5)]
    [InlineData("window window=1 sinks=2", 5)]
    [InlineData("gsa", 23)]
    [InlineData("window window=7 sinks=2 cache-bits=8", 23)]
    [InlineData("liger-gla window=7 sinks=2 cache-bits=8", 3)]
    [InlineData("selected window=7 sinks=2 selected=5", 1)]
    [InlineData("selected window=7 sinks=2 selected=5", 10)]
    [InlineData("selected window=7 sinks=2 selected=40", 9)]
    [InlineData("selected window=1 selected=1 sinks=0", 4)]
    [InlineData("selected window=7 sinks=2 selected=5 cache-bits=8", 10)]
    [InlineData("selected window=7 sinks=2 selected=5 key-score=learned", 10)]
    [InlineData("selected window=7 sinks=0 selected=5 key-score=learned", 30)]
    [InlineData("selected window=7 sinks=2 selected=40 key-score=learned", 9)]
    [InlineData("selected window=1 selected=1 sinks=3 key-score=learned", 2)]
    [InlineData("selected window=7 sinks=2 selected=5 key-score=learned cache-bits=8", 30)]
    [InlineData("memory window=7 sinks=2 memory-rank=3", 1)]
    [InlineData("memory window=7 sinks=2 memory-rank=3", 9)]
    [InlineData("memory window=7 sinks=0 memory-rank=3", 30)]
    [InlineData("memory window=1 sinks=0 memory-rank=1", 3)]
    [InlineData("memory window=7 sinks=2 memory-rank=3 cache-bits=8", 9)]
    [InlineData(Mixed, 2)]
    [InlineData(Mixed, 30)]
    public void Steps_in_recordable_form_give_the_same_and_leave_the_same_state(string heads, int prompt) => Compare(heads, prompt, float64);

    [Fact]
    public void So_they_do_in_fp32() => Compare(Mixed, 12, float32);

    // A mixer alone: layers would blow up roundings that differ. These may also change which of two keys gets more attention, so all of them are kept here.
    [Theory]
    [InlineData("selected window=7 sinks=2 selected=60")]
    [InlineData("selected window=7 sinks=2 selected=5 key-score=learned")]
    [InlineData("selected window=7 sinks=2 selected=5 key-score=learned cache-bits=8")]
    [InlineData("memory window=7 sinks=2 memory-rank=8 memory-weight=1")]
    [InlineData("memory window=7 sinks=2 memory-rank=8 memory-weight=1 cache-bits=8")]
    public void Steps_in_16_bits_are_as_near(string spec)
    {
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        using var generator = new Generator(2);
        const int tokens = 60, prompt = 4, until = 50, dim = 64;
        var mixer = MixerSpec.Parse(spec).Create(new MixerShape(4, 2, dim));
        foreach (var (_, parameter) in mixer.Parameters)
            parameter.Initialise(On.Device);
        Tensor Random(int heads) => randn([3, tokens, heads, dim], generator: generator).to(bfloat16).to(On.Device);
        var (queries, keys, values) = (Random(4), Random(2), Random(2));
        var angles = arange(tokens).to(float64).unsqueeze(-1) * arange(dim / 2).to(float64).mul(-0.2).exp();
        var (cos, sin) = (angles.cos().to(bfloat16).to(On.Device), angles.sin().to(bfloat16).to(On.Device));
        MixerInput Part(int from, int count) => new(queries.narrow(1, from, count), keys.narrow(1, from, count), values.narrow(1, from, count),
            new RotaryTable(cos.narrow(0, from, count), sin.narrow(0, from, count)));

        using MixerState plain = mixer.NewState(3, bfloat16, On.Device), recorded = mixer.NewState(3, bfloat16, On.Device);
        mixer.Extend(Part(0, prompt), plain);
        mixer.Extend(Part(0, prompt), recorded);
        var recordable = (IRecordableMixer)mixer;
        var state = recordable.Recordable(recorded);
        var (expected, got) = (new List<Tensor>(), new List<Tensor>());
        for (var at = prompt; at < until; at++)
        {
            expected.Add(mixer.Extend(Part(at, 1), plain));
            got.Add(recordable.Next(Part(at, 1), state, tensor([(long)at], device: On.Device)));
        }
        recordable.Return(state, recorded, until);
        expected.Add(mixer.Extend(Part(until, tokens - until), plain));
        got.Add(mixer.Extend(Part(until, tokens - until), recorded));
        (On with { Dtype = bfloat16 }).Close(cat(got, 1), cat(expected, 1));
        foreach (var (_, parameter) in mixer.Parameters)
            parameter.Dispose();
    }

    // The first layer gives the same token the same score wherever it stands; the last one of the smallest is what has to go.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void Of_equal_scores_the_earlier_key_stays(int most)
    {
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        using var model = Make($"selected window=3 sinks=1 selected={most} key-score=learned", float64);
        using var generator = new Generator(4);
        var ids = randint(0, 3, [3, 60], generator: generator).to(On.Device);
        using DecodeState plain = model.NewState(3), recorded = model.NewState(3);
        model.Step(ids.narrow(1, 0, 2), plain);
        model.Step(ids.narrow(1, 0, 2), recorded);
        for (var at = 2; at < 60;)
        {
            using (var steps = RecordedSteps.Start(model, recorded)!)
                for (var until = Math.Min(60, at + 8); at < until; at++)
                    TensorAssert.Close(steps.Step(ids.narrow(1, at, 1)), model.Step(ids.narrow(1, at, 1), plain), name: $"step {at}");
            Compare(On with { Dtype = float64 }, recorded, plain, $"after {at}");
        }
    }

    [Fact]
    public void Unbounded_attention_is_not_recorded()
    {
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        using var model = TinyModel.Make(MixerSpec.Softmax, device: On.Device);
        using var state = model.NewState(1);
        model.Step(TinyModel.Ids(1, 5, On.Device), state);
        Assert.Null(RecordedSteps.Start(model, state));
    }

    private void Compare(string heads, int prompt, ScalarType dtype)
    {
        var place = On with { Dtype = dtype };
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        using var model = Make(heads, dtype);
        var ids = TinyModel.Ids(3, prompt + (Rounds * (Steps + Between)), On.Device);
        using DecodeState plain = model.NewState(3), recorded = model.NewState(3);
        model.Step(ids.narrow(1, 0, prompt), plain);
        model.Step(ids.narrow(1, 0, prompt), recorded);
        for (int at = prompt, round = 0; round < Rounds; round++)
        {
            using (var steps = RecordedSteps.Start(model, recorded)!)
                for (var i = 0; i < Steps; i++, at++)
                    place.Close(steps.Step(ids.narrow(1, at, 1)), model.Step(ids.narrow(1, at, 1), plain), name: $"step {at}");
            Assert.Equal(plain.Position, recorded.Position);
            Compare(place, recorded, plain, $"after round {round}");
            place.Close(model.Step(ids.narrow(1, at, Between), recorded), model.Step(ids.narrow(1, at, Between), plain), name: $"going on after round {round}");
            at += Between;
        }
        var before = LiveTensors.Count();
        RecordedSteps.Start(model, recorded)!.Dispose();
        Assert.Equal(before, Tensor.TotalCount);
        Compare(place, recorded, plain, "after a recording of no step");
    }

    private CausalLM Make(string heads, ScalarType dtype)
    {
        var specs = heads.Split(" | ").Select(MixerSpec.Parse).ToArray();
        var plan = new MixerPlan(specs[0]);
        for (var head = 1; head < specs.Length; head++)
            plan = plan.With(specs[head], new MixerPlace(0, head), new MixerPlace(1, head));
        var config = specs.Length == 1 ? null : TinyModel.Config("llama", ("num_attention_heads", 2 * specs.Length), ("num_key_value_heads", specs.Length));
        return TinyModel.Make(plan, config, dtype, On.Device);
    }

    /// <summary>Everything that either state remembers; what lies in free places of a selection means nothing.</summary>
    private static void Compare(Place place, DecodeState actual, DecodeState expected, string name)
    {
        foreach (var (layer, wanted) in actual.Layers.Zip(expected.Layers))
        {
            var (got, all) = (layer.Save().ToDictionary(), wanted.Save().ToList());
            Assert.Equal(all.Select(t => t.Name), layer.Save().Select(t => t.Name));
            foreach (var (tensor, value) in all)
            {
                var (mine, theirs) = (got[tensor], value);
                if (got.TryGetValue(tensor[..^1] + "2", out var scores) && tensor.Contains("selected.matrix", StringComparison.Ordinal))
                {
                    var free = scores.eq(double.NegativeInfinity);
                    (mine, theirs) = (mine.masked_fill(free, 0), theirs.masked_fill(free, 0));
                }
                (place with { Dtype = value.dtype }).Close(mine, theirs, name: $"{name}: {tensor}");
            }
        }
    }
}
