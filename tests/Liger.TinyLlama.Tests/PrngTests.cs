using Liger.Text;

namespace Liger.TinyLlama.Tests;

public class PrngTests
{
    [Fact]
    public void Draws_the_same_numbers_on_every_machine()
    {
        var prng = new Prng(1, 2);
        Assert.Equal([0x2dc73c3a8cea8938UL, 0xc93349b4c454c241UL, 0xcae534041b79ee7fUL], new[] { prng.Next(), prng.Next(), prng.Next() });
    }

    [Fact]
    public void Streams_differ()
    {
        var first = Enumerable.Range(0, 1000).Select(stream => new Prng(1, (ulong)stream).Next()).ToHashSet();
        Assert.Equal(1000, first.Count);
        Assert.NotEqual(new Prng(1).Next(), new Prng(2).Next());
    }

    [Fact]
    public void Draws_evenly_below_a_bound()
    {
        var prng = new Prng(3);
        var counts = new int[7];
        for (var i = 0; i < 70_000; i++)
            counts[prng.Below(7)]++;
        Assert.All(counts, count => Assert.InRange(count, 9_600, 10_400));
    }
}
