using System.Numerics;

namespace Liger.Text;

/// <summary>
/// A small seeded random source that draws the same numbers on every machine and runtime:
/// xoshiro256** (Blackman and Vigna, 2018), its state filled by SplitMix64 from a seed and a stream number.
/// </summary>
public sealed class Prng
{
    private const ulong Golden = 0x9E3779B97F4A7C15;
    private ulong a, b, c, d;

    /// <summary>Starts one of many independent streams of a seed.</summary>
    /// <param name="seed">Any number.</param>
    /// <param name="stream">Which stream of the seed; streams do not overlap in practice.</param>
    public Prng(ulong seed, ulong stream = 0)
    {
        var state = Mixed(seed + Golden) ^ Mixed(Mixed(stream ^ Golden) + Golden);
        a = Mixed(state += Golden);
        b = Mixed(state += Golden);
        c = Mixed(state += Golden);
        d = Mixed(state + Golden);
    }

    /// <summary>The next 64 random bits.</summary>
    public ulong Next()
    {
        var result = BitOperations.RotateLeft(b * 5, 7) * 9;
        var shifted = b << 17;
        c ^= a;
        d ^= b;
        b ^= c;
        a ^= d;
        c ^= shifted;
        d = BitOperations.RotateLeft(d, 45);
        return result;
    }

    /// <summary>A whole number of 0 ≤ n &lt; <paramref name="bound"/>.</summary>
    public int Below(int bound) => (int)Math.BigMul(Next(), (ulong)bound, out _);

    /// <summary>A whole number of <paramref name="low"/> ≤ n ≤ <paramref name="high"/>.</summary>
    public int Between(int low, int high) => low + Below(high - low + 1);

    /// <summary>A number of 0 ≤ x &lt; 1.</summary>
    public double Unit() => (Next() >> 11) * (1.0 / (1UL << 53));

    /// <summary>True <paramref name="percent"/> times of a hundred.</summary>
    public bool Chance(int percent) => Below(100) < percent;

    /// <summary>One of the items, each as likely as any other.</summary>
    public T Pick<T>(IReadOnlyList<T> items) => items[Below(items.Count)];

    /// <summary>Puts the items into a random order.</summary>
    public void Shuffle<T>(IList<T> items)
    {
        for (var i = items.Count - 1; i > 0; i--)
        {
            var j = Below(i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }

    private static ulong Mixed(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
