namespace Liger.Evaluation.Tests;

public class StatisticsTests
{
    [Fact]
    public void The_bootstrap_of_a_mean_is_near_its_normal_interval()
    {
        var random = new Random(1);
        // Uniform numbers: a standard deviation of 1/sqrt(12), so the mean of 400 spreads by 0.0144.
        var values = Enumerable.Range(0, 400).Select(_ => random.NextDouble()).ToArray();
        var ones = Enumerable.Repeat(1.0, values.Length).ToArray();
        var interval = Bootstrap.OfMean(values, ones, seed: 0)!;
        var half = 1.96 / Math.Sqrt(12 * 400);
        Assert.Equal(values.Average() - half, interval.Low, 0.004);
        Assert.Equal(values.Average() + half, interval.High, 0.004);
        Assert.Equal(interval, Bootstrap.OfMean(values, ones, seed: 0));
    }

    [Fact]
    public void Equal_samples_have_no_spread_and_one_sample_has_no_interval()
    {
        Assert.Equal(new Interval(2, 2), Bootstrap.OfMean([4, 2, 6], [2, 1, 3], seed: 0));
        Assert.Null(Bootstrap.OfMean([4], [2], seed: 0));
    }

    [Theory]
    [InlineData(0, 10, 0, 0.2775)]
    [InlineData(10, 10, 0.7225, 1)]
    [InlineData(5, 10, 0.2366, 0.7634)]
    [InlineData(81, 263, 0.2553, 0.3662)]
    public void Wilsons_interval_is_the_published_one(int right, int cases, double low, double high)
    {
        // 81 of 263: Newcombe 1998, table I, method 3; the others by hand from the formula.
        var interval = Proportion.Of(right, cases);
        Assert.Equal(low, interval.Low, 1e-4);
        Assert.Equal(high, interval.High, 1e-4);
    }
}
