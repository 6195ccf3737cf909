namespace Liger.Text;

/// <summary>
/// The order in which the rows of a training set are visited: another shuffle each epoch, decided by the seed alone. Any place of it is computed directly,
/// so that training resumes at (epoch, index) without replaying. A four-round Feistel network over the indices, walked until it lands inside.
/// </summary>
public sealed class RowOrder
{
    private const int Rounds = 4;

    private readonly long seed;
    private readonly bool shuffle;
    private readonly int halfBits;

    /// <summary>The order of a number of rows.</summary>
    /// <param name="count">The number of rows, at least 1.</param>
    /// <param name="seed">Decides the order.</param>
    /// <param name="shuffle">False for the rows as they come.</param>
    public RowOrder(int count, long seed, bool shuffle = true)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        Count = count;
        this.seed = seed;
        this.shuffle = shuffle;
        halfBits = 1;
        while (1L << (2 * halfBits) < count)
            halfBits++;
    }

    /// <summary>The number of rows, which is the length of an epoch.</summary>
    public int Count { get; }

    /// <summary>The row at a place of an epoch. Over all indices of one epoch every row comes up once.</summary>
    /// <param name="epoch">The epoch, from 0.</param>
    /// <param name="index">The place within it, from 0 to <see cref="Count"/> − 1.</param>
    public int this[int epoch, int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(epoch);
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
            if (!shuffle)
                return index;
            var place = (ulong)index;
            do
                place = Permute(place, Mix((ulong)seed ^ Mix((ulong)epoch + 1)));
            while (place >= (ulong)Count);
            return (int)place;
        }
    }

    private ulong Permute(ulong place, ulong key)
    {
        var mask = (1UL << halfBits) - 1;
        var (left, right) = (place >> halfBits, place & mask);
        for (var round = 0; round < Rounds; round++)
            (left, right) = (right, left ^ (Mix(right ^ Mix(key + (ulong)round)) & mask));
        return (left << halfBits) | right;
    }

    /// <summary>The finalizer of SplitMix64.</summary>
    private static ulong Mix(ulong x)
    {
        x += 0x9E3779B97F4A7C15UL;
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9UL;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EBUL;
        return x ^ (x >> 31);
    }
}
