namespace Liger.Ops;

/// <summary>
/// Softmax attention o_t = Σ_s softmax_s(q_t·k_s/√D) v_s over the keys that are visible to t, with grouped query heads
/// (Vaswani et al. 2017; Ainslie et al. 2023). Softmax in fp32 (float64 stays).
/// </summary>
public static class SoftmaxAttention
{
    /// <summary>The plain form: one score for every pair of query and key.</summary>
    /// <param name="q">[B,Tq,H,D], turned.</param>
    /// <param name="k">[B,Tk,Hkv,D], turned; Hkv divides H.</param>
    /// <param name="v">[B,Tk,Hkv,Dv].</param>
    /// <param name="visible">[Tq,Tk] or [B,Tq,Tk]; every query must see at least one key. Null: every key is visible.</param>
    /// <returns>[B,Tq,H,Dv] in the dtype of q.</returns>
    /// <exception cref="OpsException">Shapes that do not fit together.</exception>
    public static Tensor Forward(Tensor q, Tensor k, Tensor v, Tensor? visible)
    {
        Shapes.CheckHeads("softmax attention", q, k, v);
        using var scope = NewDisposeScope();
        long batch = q.shape[0], queries = q.shape[1], heads = q.shape[2], kvHeads = k.shape[2], keys = k.shape[1];
        var groups = heads / kvHeads;
        var grouped = (Shapes.GroupQueries(q, kvHeads) * (1 / Math.Sqrt(q.shape[3]))).reshape(batch * kvHeads, groups * queries, -1);
        var scores = grouped.bmm(k.permute(0, 2, 3, 1).reshape(batch * kvHeads, -1, keys)).view(batch, kvHeads, groups, queries, keys);
        if (visible is not null)
        {
            var hidden = visible.logical_not();
            scores = scores.masked_fill_(hidden.Dimensions == 3 ? hidden.unsqueeze(1).unsqueeze(1) : hidden, double.NegativeInfinity);
        }
        var weights = Weights(scores, q.dtype).view(batch * kvHeads, groups * queries, keys);
        var mixed = weights.bmm(v.permute(0, 2, 1, 3).reshape(batch * kvHeads, keys, -1));
        return Shapes.UngroupQueries(mixed.view(batch, kvHeads, groups, queries, -1)).MoveToOuterDisposeScope();
    }

    /// <summary>Softmax over the last dimension, at least in fp32, rounded to the dtype of the products that follow.</summary>
    internal static Tensor Weights(Tensor scores, ScalarType dtype)
    {
        var accumulator = Shapes.Accumulator(scores);
        return (scores.dtype == accumulator ? scores.softmax(-1) : scores.softmax(-1, accumulator)).to(dtype);
    }
}
