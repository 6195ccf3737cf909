namespace Liger.Text;

/// <summary>A binary heap of (rank, position): lowest rank first, then leftmost. Keys are packed, which makes it several times faster than a general queue.</summary>
internal sealed class RankHeap(int capacity)
{
    private ulong[] keys = new ulong[Math.Max(capacity, 4)];
    private int count;

    public void Add(int rank, int position)
    {
        if (count == keys.Length)
            Array.Resize(ref keys, count * 2);
        var key = ((ulong)(uint)rank << 32) | (uint)position;
        var at = count++;
        while (at > 0 && keys[(at - 1) / 2] > key)
        {
            keys[at] = keys[(at - 1) / 2];
            at = (at - 1) / 2;
        }
        keys[at] = key;
    }

    public bool TryTake(out int rank, out int position)
    {
        (rank, position) = (0, 0);
        if (count == 0)
            return false;
        (rank, position) = ((int)(keys[0] >> 32), (int)(keys[0] & uint.MaxValue));
        var key = keys[--count];
        var at = 0;
        while (true)
        {
            var child = (2 * at) + 1;
            if (child >= count)
                break;
            if (child + 1 < count && keys[child + 1] < keys[child])
                child++;
            if (keys[child] >= key)
                break;
            keys[at] = keys[child];
            at = child;
        }
        keys[at] = key;
        return true;
    }
}
