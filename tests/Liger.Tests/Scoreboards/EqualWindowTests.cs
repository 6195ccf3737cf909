using Liger.Checkpoints;
using Liger.Models.Mixers;
using Liger.Scoreboards;
using Liger.Steps;
using Liger.Testing;

namespace Liger.Tests.Scoreboards;

public sealed class EqualWindowTests
{
    private const int Context = 512, ElementSize = 2;
    private static readonly HfConfig Config = HfConfig.Load(Path.Combine(Repository.Root, "eval", "models", "tiny-llama"));

    [Theory]
    [InlineData("liger-gla window=64")]
    [InlineData("selected window=16 sinks=4 selected=8")]
    [InlineData("window window=100")]
    [InlineData("window window=100 cache-bits=8")]
    public void It_keeps_no_more_and_the_next_one_keeps_more(string mixer)
    {
        var window = Find(MixerSpec.Parse(mixer));
        Assert.NotNull(window);
        Assert.True(Bytes(window.Text) <= Bytes(mixer));
        Assert.True(Bytes((window with { Window = window.Window + 1 }).Text) > Bytes(mixer));
    }

    [Fact]
    public void The_same_window_is_found_again()
    {
        Assert.Equal(new EqualWindow(100, "16"), Find(MixerSpec.Parse("window window=100 sinks=4")));
        Assert.Equal(new EqualWindow(100, "8"), Find(MixerSpec.Parse("window window=100 sinks=4 cache-bits=8")));
        Assert.Equal(("window 100 + 4, 8 bits, untrained", "window 100 + 4, untrained"), (new EqualWindow(100, "8").Name, new EqualWindow(100, "16").Name));
    }

    [Fact]
    public void There_is_none_where_all_is_kept_or_next_to_nothing()
    {
        Assert.Null(Find(MixerSpec.Softmax));
        Assert.Null(Find(MixerSpec.Parse("softmax cache-bits=8")));
        Assert.Null(Find(MixerSpec.Parse("window window=1 sinks=0")));
    }

    [Fact]
    public void Memory_that_grows_has_no_bound()
    {
        Assert.Null(RowMemory.Of(Config, MixerSpec.Softmax, Context, ElementSize).MostBytes);
        var window = MixerSpec.Parse("window window=64 sinks=4");
        var keepsOneHead = new MixerPlan(window).With(MixerSpec.Softmax, MixerPlace.Parse("1.0"));
        Assert.Null(RowMemory.Of(Config, keepsOneHead, Context, ElementSize).MostBytes);
        var bounded = RowMemory.Of(Config, window, Context, ElementSize);
        Assert.Equal(bounded.Bytes, bounded.MostBytes);
        Assert.All(bounded.Contexts, at => Assert.Equal(bounded.Bytes, at.Bytes));
    }

    private static EqualWindow? Find(MixerPlan plan) => EqualWindow.Find(Config, plan, Context, ElementSize);

    private static long Bytes(string mixer) => MemoryFigures.Bytes(Config, MixerSpec.Parse(mixer), Context, ElementSize);
}
