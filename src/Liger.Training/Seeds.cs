namespace Liger.Training;

/// <summary>
/// Randomness as a pure function of a seed and a counter (SplitMix64), so that nothing has to be saved to continue it.
/// </summary>
internal static class Seeds
{
    private const ulong Golden = 0x9E3779B97F4A7C15;

    /// <summary>A seed of its own for one use, well mixed from a seed and a counter.</summary>
    public static long Mix(long seed, long counter) => (long)(Finish(Finish((ulong)seed + Golden) + Golden * ((ulong)counter + 1)) >> 1);

    private static ulong Finish(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
