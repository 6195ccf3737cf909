namespace Liger.Models.Mixers;

/// <summary>The keys that a selection holds for each kv head, the earliest first; places that are still free have the score −∞.</summary>
/// <param name="Keys">[B,Hkv,m,D], turned, or as a cache keeps it.</param>
/// <param name="Values">As Keys.</param>
/// <param name="Scores">[B,Hkv,m], fp32.</param>
internal sealed record SelectedKeys(Tensor Keys, Tensor Values, Tensor Scores)
{
    internal static SelectedKeys None(long batch, int kvHeads, int most, CacheColumn column, Device device)
    {
        long[] size = [batch, kvHeads, most, column.StoredWidth];
        return new SelectedKeys(zeros(size, column.StoredDtype, device), zeros(size, column.StoredDtype, device), full(size[..3], double.NegativeInfinity, float32, device));
    }

    /// <summary>Free where they belong to another document.</summary>
    /// <param name="same">[1 or B,1].</param>
    internal SelectedKeys Where(Tensor same) => this with { Scores = Scores.masked_fill(same.unsqueeze(-1).logical_not(), double.NegativeInfinity) };

    /// <summary>The chosen ones of these keys in their order, followed by free places.</summary>
    /// <param name="keys">[B,Hkv,I,D].</param>
    /// <param name="values">[B,Hkv,I,D].</param>
    /// <param name="scores">[B,Hkv,I].</param>
    /// <param name="chosen">[B,Hkv,I], at most m true for each head.</param>
    /// <param name="most">m.</param>
    internal static SelectedKeys Of(Tensor keys, Tensor values, Tensor scores, Tensor chosen, int most)
    {
        var count = scores.shape[2];
        // The chosen go first: their index stays below the count, that of the others moves above it.
        var order = (arange(count, device: scores.device) + (chosen.logical_not().to(int64) * count)).sort(-1).Values.narrow(-1, 0, Math.Min(most, count));
        var index = order.remainder(count);
        Tensor Taken(Tensor x) => x.gather(2, index.unsqueeze(-1).expand(index.shape[0], index.shape[1], index.shape[2], x.shape[3]));
        var kept = scores.gather(2, index).masked_fill(order.ge(count), double.NegativeInfinity);
        var missing = most - index.shape[2];
        Tensor Filled(Tensor x) => missing == 0 ? x : nn.functional.pad(x, [0, 0, 0, missing]);
        return new SelectedKeys(Filled(Taken(keys)), Filled(Taken(values)), missing == 0 ? kept : nn.functional.pad(kept, [0, missing], value: double.NegativeInfinity));
    }
}
