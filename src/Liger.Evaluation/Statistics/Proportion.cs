namespace Liger.Evaluation;

/// <summary>
/// Wilson's score interval (Wilson 1927) for the share of right answers among independent cases. Unlike resampling it does not shrink to a
/// point where all or none are right, which is what recall often gives.
/// </summary>
public static class Proportion
{
    // The 97.5 % quantile of the normal distribution: a two-sided interval of 95 %.
    private const double Z = 1.959963984540054;

    /// <summary>The interval of 95 %.</summary>
    /// <param name="right">Right answers.</param>
    /// <param name="cases">Cases, at least 1.</param>
    public static Interval Of(int right, int cases)
    {
        var share = (double)right / cases;
        var square = Z * Z / cases;
        var middle = (share + (square / 2)) / (1 + square);
        var half = Z * Math.Sqrt((share * (1 - share) / cases) + (square / (4 * cases))) / (1 + square);
        return new Interval(Math.Max(0, middle - half), Math.Min(1, middle + half));
    }
}
