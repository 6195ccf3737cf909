using Liger.Torch.Native;

namespace Liger.Torch.Tests;

public class WaitingThreadsTests
{
    [Theory]
    [InlineData("0.20 1.16 1.90 2/137 31460", 2, 10_000)]
    [InlineData("4.00 9.16 9.90 2/137 31460", 2, 10_000)]
    [InlineData("4.01 0.16 0.90 2/137 31460", 2, 1_000)]
    [InlineData("12.5 8.0 8.0 2/137 31460", 64, 10_000)]
    [InlineData("", 2, 10_000)]
    public void Threads_spin_less_where_more_is_waiting_than_the_machine_can_run(string load, int processors, int expected) =>
        Assert.Equal(expected, WaitingThreads.Spins(load, processors));

    [Fact]
    public void This_machine_has_an_answer() => Assert.InRange(WaitingThreads.Spins(), 1_000, 10_000);
}
