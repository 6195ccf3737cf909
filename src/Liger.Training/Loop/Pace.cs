namespace Liger.Training;

/// <summary>Tokens and seconds a step, smoothed over the last steps.</summary>
internal sealed class Pace
{
    /// <summary>Share of the past in the smoothed figure: about ten steps count.</summary>
    private const double Memory = 0.9;

    private double tokens;
    private double seconds;
    private double weight;

    public double TokensPerSecond => seconds > 0 ? tokens / seconds : 0;

    public void Add(long tokens, double seconds)
    {
        this.tokens = Memory * this.tokens + tokens;
        this.seconds = Memory * this.seconds + seconds;
        weight = Memory * weight + 1;
    }

    public TimeSpan? Left(long steps) => weight > 0 ? TimeSpan.FromSeconds(steps * seconds / weight) : null;
}
