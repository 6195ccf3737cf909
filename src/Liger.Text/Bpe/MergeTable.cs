namespace Liger.Text;

/// <summary>Which two neighbouring tokens merge into which, and in what order of preference: an open-addressing table by the pair.</summary>
internal sealed class MergeTable
{
    private const ulong Empty = ulong.MaxValue;
    private readonly ulong[] keys;
    private readonly (int Rank, int Id)[] values;
    private readonly int mask;

    public MergeTable(IReadOnlyCollection<(int Left, int Right, int Rank, int Id)> merges)
    {
        var capacity = 16;
        while (capacity < merges.Count * 2)
            capacity *= 2;
        keys = new ulong[capacity];
        values = new (int, int)[capacity];
        mask = capacity - 1;
        Array.Fill(keys, Empty);
        foreach (var (left, right, rank, id) in merges)
        {
            var slot = Slot(Key(left, right));
            keys[slot] = Key(left, right);
            values[slot] = (rank, id);
        }
    }

    /// <summary>Whether the pair merges; negative symbols never do.</summary>
    public bool TryGet(int left, int right, out int rank, out int id)
    {
        var slot = Slot(Key(left, right));
        if (keys[slot] == Empty || (left | right) < 0)
        {
            rank = int.MaxValue;
            id = -1;
            return false;
        }
        (rank, id) = values[slot];
        return true;
    }

    private static ulong Key(int left, int right) => ((ulong)(uint)left << 32) | (uint)right;

    private int Slot(ulong key)
    {
        var hash = key * 0x9E3779B97F4A7C15UL;
        var slot = (int)(hash >> 32) & mask;
        while (keys[slot] != key && keys[slot] != Empty)
            slot = (slot + 1) & mask;
        return slot;
    }
}
