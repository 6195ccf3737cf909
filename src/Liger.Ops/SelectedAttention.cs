using Liger.Ops.Cpu;

namespace Liger.Ops;

/// <summary>
/// Softmax attention over a window, the first tokens, and, of the keys that have left the window, the m of highest score. A score is final
/// when its key leaves the window, so the best m of a time are the best m of the time before and of what has left since: a bounded memory.
/// </summary>
public static class SelectedAttention
{
    /// <summary>Which keys a query sees besides its window: those that have left it and fewer than m of these score higher.</summary>
    /// <param name="left">[1 or B,Tq,I], true where a key has left the window of a query and is no sink.</param>
    /// <param name="scores">[B,Hkv,I]; of equal scores the earlier key goes first.</param>
    /// <param name="most">m.</param>
    /// <returns>[B,Hkv,Tq,I].</returns>
    /// <remarks>A key has left the window of a query and of all later ones of its document, and no others have: on a CPU the queries are gone through
    /// once with the best keys so far. A GPU counts along the keys' order, <see cref="BestInOrder"/>.</remarks>
    public static Tensor Best(Tensor left, Tensor scores, int most) => left.is_cuda ? BestInOrder(left, scores, most) : BestSoFar.Of(left, scores, most);

    /// <summary>The same for any keys that have left, without meeting pairs of keys: with the best keys first, the first m that have left are those.</summary>
    /// <param name="left">As there.</param>
    /// <param name="scores">As there.</param>
    /// <param name="most">As there.</param>
    /// <returns>As there.</returns>
    public static Tensor BestInOrder(Tensor left, Tensor scores, int most)
    {
        using var scope = NewDisposeScope();
        long[] size = [.. scores.shape[..2], .. left.shape[1..]];
        var order = scores.sort(-1, descending: true, stable: true).Indices;
        var place = empty_like(order).scatter_(2, order, arange(size[3], device: order.device).expand(order.shape));
        Tensor Along(Tensor x, Tensor index) => x.expand(size).gather(3, index.unsqueeze(2).expand(size));
        var inOrder = Along(left.unsqueeze(1), order);
        return Along(inOrder.logical_and(inOrder.cumsum(-1, int32).le(most)), place).MoveToOuterDisposeScope();
    }

    /// <summary>The plain form of <see cref="Best"/>, for any keys that have left: of every two which goes first, and how many go before each.</summary>
    /// <param name="left">As there.</param>
    /// <param name="scores">As there.</param>
    /// <param name="most">As there.</param>
    /// <returns>As there.</returns>
    public static Tensor BestOfPairs(Tensor left, Tensor scores, int most)
    {
        using var scope = NewDisposeScope();
        var (rival, own) = (scores.unsqueeze(-1), scores.unsqueeze(-2));
        var keys = scores.shape[2];
        var earlier = ones([keys, keys], @bool, scores.device).triu(1);
        var better = rival.gt(own).logical_or(rival.eq(own).logical_and(earlier)).to(float32);
        // Counts of up to 2²⁴ are exact in fp32.
        var ahead = left.to(float32).unsqueeze(1).matmul(better);
        return left.unsqueeze(1).logical_and(ahead.lt(most)).MoveToOuterDisposeScope();
    }

    /// <summary>Softmax attention with a mask for each kv head.</summary>
    /// <param name="q">[B,Tq,H,D], turned.</param>
    /// <param name="k">[B,Hkv,I,D], turned.</param>
    /// <param name="v">[B,Hkv,I,V].</param>
    /// <param name="visible">[1 or B,1 or Hkv,Tq,I]; at least one key for each query.</param>
    /// <returns>[B,Tq,H,V] in the dtype of q.</returns>
    public static Tensor Forward(Tensor q, Tensor k, Tensor v, Tensor visible)
    {
        using var scope = NewDisposeScope();
        if (q.is_cuda && q.shape[1] > 1)
            return FusedAttention.Forward(q, k.transpose(1, 2), v.transpose(1, 2), visible).MoveToOuterDisposeScope();
        // The query heads of a group are so many queries more.
        var mixed = Weights(q, k, visible).to(q.dtype).flatten(2, 3).matmul(v);
        return Shapes.UngroupQueries(mixed.unflatten(2, -1, q.shape[1])).MoveToOuterDisposeScope();
    }

    /// <summary>The weights of <see cref="Forward"/>.</summary>
    /// <param name="q">As there.</param>
    /// <param name="k">As there.</param>
    /// <param name="visible">As there, or without leading dimensions.</param>
    /// <returns>[B,Hkv,R,Tq,I], at least fp32.</returns>
    public static Tensor Weights(Tensor q, Tensor k, Tensor visible)
    {
        using var scope = NewDisposeScope();
        var grouped = Shapes.GroupQueries(q, k.shape[1]) * (1 / Math.Sqrt(q.shape[3]));
        var scores = grouped.flatten(2, 3).matmul(k.mT).unflatten(2, -1, q.shape[1]);
        var hidden = visible.logical_not();
        return scores.masked_fill(hidden.Dimensions == 4 ? hidden.unsqueeze(2) : hidden, double.NegativeInfinity).softmax(-1, Shapes.Accumulator(q)).MoveToOuterDisposeScope();
    }
}
