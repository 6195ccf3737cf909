using Liger.Steps;

namespace Liger.Tests;

public class ByteCountTests
{
    [Theory]
    [InlineData("260KB", 260_000L)]
    [InlineData("1.5 MiB", 1_572_864L)]
    [InlineData("2gb", 2_000_000_000L)]
    [InlineData("300000", 300_000L)]
    [InlineData("64 B", 64L)]
    [InlineData("0", null)]
    [InlineData("-1KB", null)]
    [InlineData("KB", null)]
    [InlineData("", null)]
    [InlineData("much", null)]
    [InlineData("1e99GB", null)]
    public void Bytes_are_read_in_either_kind_of_unit(string text, long? expected) => Assert.Equal(expected, ByteCount.Parse(text));
}
