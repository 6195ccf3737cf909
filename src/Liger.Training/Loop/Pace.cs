namespace Liger.Training;

/// <summary>Tokens and seconds a step, smoothed over the last steps.</summary>
internal sealed class Pace
{
    /// <summary>Share of the past in the smoothed figure: about ten steps count.</summary>
    private const double Memory = 0.9;

    private double _tokens;
    private double _seconds;
    private double _weight;

    public double TokensPerSecond => _seconds > 0 ? _tokens / _seconds : 0;

    public void Add(long tokens, double seconds)
    {
        _tokens = Memory * _tokens + tokens;
        _seconds = Memory * _seconds + seconds;
        _weight = Memory * _weight + 1;
    }

    public TimeSpan? Left(long steps) => _weight > 0 ? TimeSpan.FromSeconds(steps * _seconds / _weight) : null;
}
