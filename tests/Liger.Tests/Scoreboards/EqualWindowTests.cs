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
    [InlineData("window window=100 sinks=4")]
    [InlineData("window window=100")]
    public void It_keeps_no_more_and_the_next_one_keeps_more(string mixer)
    {
        var bytes = Bytes(MixerSpec.Parse(mixer));
        var window = EqualWindow.Find(Config, bytes, Context, ElementSize);
        Assert.NotNull(window);
        Assert.True(Bytes(EqualWindow.Spec(window.Value)) <= bytes);
        Assert.True(Bytes(EqualWindow.Spec(window.Value + 1)) > bytes);
    }

    [Fact]
    public void The_same_window_is_found_again() =>
        Assert.Equal(100, EqualWindow.Find(Config, Bytes(EqualWindow.Spec(100)), Context, ElementSize));

    [Fact]
    public void There_is_none_where_all_is_kept_or_next_to_nothing()
    {
        Assert.Null(EqualWindow.Find(Config, Bytes(MixerSpec.Softmax), Context, ElementSize));
        Assert.Null(EqualWindow.Find(Config, 16, Context, ElementSize));
    }

    [Fact]
    public void Memory_that_grows_has_no_bound()
    {
        Assert.Null(RowMemory.Of(Config, MixerSpec.Softmax, Context, ElementSize).MostBytes);
        var keepsOneHead = new MixerPlan(EqualWindow.Spec(64)).With(MixerSpec.Softmax, MixerPlace.Parse("1.0"));
        Assert.Null(RowMemory.Of(Config, keepsOneHead, Context, ElementSize).MostBytes);
        var bounded = RowMemory.Of(Config, EqualWindow.Spec(64), Context, ElementSize);
        Assert.Equal(bounded.Bytes, bounded.MostBytes);
        Assert.All(bounded.Contexts, at => Assert.Equal(bounded.Bytes, at.Bytes));
    }

    private static long Bytes(MixerSpec spec) => MemoryFigures.Bytes(Config, spec, Context, ElementSize);
}
