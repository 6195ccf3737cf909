namespace Liger.Bench.Measuring;

/// <summary>Medians.</summary>
internal static class Median
{
    /// <summary>The middle value; of an even count the mean of the two in the middle.</summary>
    internal static double Of(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        var half = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
    }
}
