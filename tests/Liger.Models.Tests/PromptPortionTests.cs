using Liger.Models.Graph;
using Liger.Models.Mixers;
using Liger.Testing;

namespace Liger.Models.Tests;

/// <summary>Windows over a prompt that is read in long portions.</summary>
public class PromptPortionTests : PlacedTests
{
    private const int Tokens = 400, Heads = 4, KvHeads = 2;

    [Theory]
    [InlineData("window window=64")]
    [InlineData("window window=1")]
    [InlineData("window window=1 sinks=2")]
    [InlineData("window window=64 sinks=5")]
    [InlineData("window window=40 sinks=150")]
    [InlineData("window window=100")]
    [InlineData("window window=30 sinks=3 cache-bits=8")]
    [InlineData("liger-gla window=64")]
    [InlineData("liger-hgrn2 window=65 sinks=4")]
    [InlineData("liger-gla window=64 covers-window=false")]
    public void Portions_give_what_one_pass_gives_and_leave_the_same_window(string spec)
    {
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        var shape = new MixerShape(Heads, KvHeads, On.IsPrecise ? 8 : 64);
        var mixer = MixerSpec.Parse(spec).Create(shape);
        var input = Input(shape);
        var whole = mixer.Parallel(input);
        // Portions that begin among the sinks, that leave most of themselves behind, and short ones between.
        foreach (var lengths in new int[][] { [Tokens], [3, 297, 100], [131, 269], [200, 150, 1, 2, 47], [1, 129, 70, 200] })
        {
            using var state = mixer.NewState(2, On.Dtype, On.Device);
            var (outputs, at) = (new List<Tensor>(), 0);
            foreach (var length in lengths)
            {
                outputs.Add(mixer.Extend(Part(input, at, length), state));
                at += length;
                Assert.Equal(2 * mixer.StateBytes(at, On.IsPrecise ? sizeof(float) : sizeof(short)), state.Bytes);
            }
            On.Close(cat(outputs, 1), whole, name: string.Join(", ", lengths));
        }
    }

    [Theory]
    [InlineData("softmax")]
    [InlineData("window window=300 sinks=2")]
    [InlineData("window window=8 sinks=40")]
    public void A_long_portion_meets_what_is_held_some_tokens_at_a_time(string spec)
    {
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        var shape = new MixerShape(2, 1, On.IsPrecise ? 4 : 64);
        var mixer = MixerSpec.Parse(spec).Create(shape);
        var input = Input(shape, 1100);
        using var state = mixer.NewState(2, On.Dtype, On.Device);
        On.Close(cat([mixer.Extend(Part(input, 0, 20), state), mixer.Extend(Part(input, 20, 1080), state)], 1), mixer.Parallel(input));
    }

    private MixerInput Input(MixerShape shape, int tokens = Tokens)
    {
        using var generator = new Generator(1);
        Tensor Random(int heads) => randn([2, tokens, heads, shape.HeadDim], float64, generator: generator).to(On.Dtype).to(On.Device);
        var angles = arange(tokens).to(float64).unsqueeze(-1) * arange(shape.HeadDim / 2).to(float64).mul(-0.3).exp();
        return new MixerInput(Random(shape.Heads), Random(shape.KvHeads), Random(shape.KvHeads),
            new RotaryTable(angles.cos().to(On.Dtype).to(On.Device), angles.sin().to(On.Dtype).to(On.Device)));
    }

    private static MixerInput Part(MixerInput input, int from, int count) => new(
        input.Queries.narrow(1, from, count), input.Keys.narrow(1, from, count), input.Values.narrow(1, from, count),
        new RotaryTable(input.Rotary.Cos.narrow(0, from, count), input.Rotary.Sin.narrow(0, from, count)));
}
