using Liger.Models.Graph;
using Liger.Models.Mixers;
using Liger.Testing;

namespace Liger.Models.Tests;

public sealed class HeadViewTests
{
    private static readonly MixerShape Shape = new(4, 2, 8);

    private static MixerInput Input(long tokens)
    {
        using var generator = new Generator(5);
        Tensor Random(int heads) => randn([1, tokens, heads, 8], float64, generator: generator);
        var angles = arange(tokens).to(float64).unsqueeze(-1) * arange(4).to(float64).mul(-1).exp();
        return new MixerInput(Random(4), Random(2), Random(2), new RotaryTable(angles.cos(), angles.sin()));
    }

    private static IReadOnlyList<HeadView> Look(string mixer, MixerInput input) => MixerSpec.Parse(mixer).Create(Shape).Look(input);

    [Fact]
    public void Gates_are_those_of_the_formula()
    {
        using var scope = NewDisposeScope();
        var input = Input(10);
        var expected = nn.functional.logsigmoid(input.Keys) / 16;
        foreach (var mixer in (string[])["gla", "liger-gla window=4", "liger-gla window=4 covers-window=false"])
            foreach (var view in Look(mixer, input))
                TensorAssert.Close(view.LogDecay!, expected.select(2, view.KvHead), name: mixer);
    }

    [Theory]
    [InlineData("liger-gla window=4 mix=1", 1)]
    [InlineData("liger-gla window=4 mix=0", 0)]
    [InlineData("joint window=64", 1)]
    [InlineData("lolcats window=64", 1)]
    [InlineData("memory window=64", 1)]
    public void A_part_that_is_alone_gives_all(string mixer, double share)
    {
        using var scope = NewDisposeScope();
        Assert.All(Look(mixer, Input(10)), view => TensorAssert.Close(view.WindowShare!, full([1, 10, 2], share, float64)));
    }

    [Fact]
    public void The_weighed_parts_share_by_their_norms()
    {
        using var scope = NewDisposeScope();
        var input = Input(12);
        Tensor Norms(string mixer) => MixerSpec.Parse(mixer).Create(Shape).Parallel(input).norm(-1);
        var (near, far) = (Norms("window window=4") * 0.3, Norms("gla") * 0.7);
        var expected = (near / (near + far)).unflatten(2, 2, 2);
        Assert.All(Look("liger-gla window=4 mix=0.3", input), view => TensorAssert.Close(view.WindowShare!, expected.select(2, view.KvHead)));
    }

    [Fact]
    public void Under_one_denominator_the_share_is_the_windows_part_of_it()
    {
        using var scope = NewDisposeScope();
        var input = Input(9) with { };
        // Values that are 1 in the window's only key, the current one, and 0 elsewhere: the last token's output is the window's part.
        var values = zeros_like(input.Values);
        values.narrow(1, 8, 1).fill_(1);
        var mixer = MixerSpec.Parse("joint window=1").Create(Shape);
        var output = mixer.Parallel(input with { Values = values }).select(1, 8).select(-1, 0).unflatten(1, 2, 2);
        Assert.All(mixer.Look(input), view => TensorAssert.Close(view.WindowShare!.select(1, 8), output.select(1, view.KvHead)));
    }

    [Fact]
    public void The_share_of_a_memory_is_what_the_window_lacks()
    {
        using var scope = NewDisposeScope();
        var input = Input(40);
        Assert.All(MixerSpec.Parse("memory window=4 memory-weight=20").Create(Shape).Look(input), view =>
        {
            TensorAssert.Close(view.WindowShare!.narrow(1, 0, 4), ones([1, 4, 2], float64));
            Assert.True(view.WindowShare!.narrow(1, 5, 35).lt(1).any().item<bool>());
        });
    }
}
