namespace Liger.Evaluation;

/// <summary>Percentile bootstrap (Efron 1979): the spread of a figure over samples drawn again from the samples there are.</summary>
public static class Bootstrap
{
    /// <summary>Resamples that are drawn.</summary>
    public const int Resamples = 1000;

    /// <summary>The probability that an interval stands for.</summary>
    public const double Confidence = 0.95;

    /// <summary>The interval of a mean Σ sums / Σ weights.</summary>
    /// <param name="sums">For each sample, such as a window, the sum of what is averaged.</param>
    /// <param name="weights">For each sample, how many values the sum is of.</param>
    /// <param name="seed">The same seed draws the same samples.</param>
    /// <returns>Null for fewer than two samples.</returns>
    public static Interval? OfMean(IReadOnlyList<double> sums, IReadOnlyList<double> weights, int seed)
    {
        if (sums.Count < 2)
            return null;
        var random = new Random(seed);
        var means = new double[Resamples];
        for (var i = 0; i < Resamples; i++)
        {
            var (sum, weight) = (0.0, 0.0);
            for (var j = 0; j < sums.Count; j++)
            {
                var drawn = random.Next(sums.Count);
                sum += sums[drawn];
                weight += weights[drawn];
            }
            means[i] = sum / weight;
        }
        Array.Sort(means);
        return new Interval(Quantile(means, (1 - Confidence) / 2), Quantile(means, (1 + Confidence) / 2));
    }

    private static double Quantile(double[] sorted, double share)
    {
        var place = share * (sorted.Length - 1);
        var below = (int)place;
        var above = Math.Min(below + 1, sorted.Length - 1);
        return sorted[below] + ((place - below) * (sorted[above] - sorted[below]));
    }
}
