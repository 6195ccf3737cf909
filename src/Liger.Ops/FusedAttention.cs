namespace Liger.Ops;

/// <summary><see cref="SoftmaxAttention"/> by libtorch's own fused kernels, which a GPU has and which never hold the weights.</summary>
internal static class FusedAttention
{
    /// <param name="q">[B,Tq,H,D], turned.</param>
    /// <param name="k">[B,Tk,Hkv,D], turned; Hkv divides H.</param>
    /// <param name="v">[B,Tk,Hkv,Dv].</param>
    /// <param name="visible">[Tq,Tk], [B,Tq,Tk] or [1 or B,1 or Hkv,Tq,Tk], at least one key for each query; null: all that are not later.</param>
    /// <returns>[B,Tq,H,Dv] in the dtype of q.</returns>
    internal static Tensor Forward(Tensor q, Tensor k, Tensor v, Tensor? visible)
    {
        using var scope = NewDisposeScope();
        var (batch, kvHeads) = (k.shape[0], k.shape[2]);
        if (visible is { Dimensions: 4 })
        {
            // Kv heads count as rows: the mask, which is the largest of all, need not be repeated for the query heads of a group.
            Tensor Rows(Tensor x) => x.unflatten(2, kvHeads, -1).transpose(1, 2).flatten(0, 1);
            var mask = visible.expand(batch, kvHeads, q.shape[1], k.shape[1]).flatten(0, 1);
            return Forward(Rows(q), Rows(k), Rows(v), mask).unflatten(0, batch, kvHeads).transpose(1, 2).flatten(2, 3).MoveToOuterDisposeScope();
        }
        var groups = q.shape[2] / kvHeads;
        Tensor Heads(Tensor x) => x.repeat_interleave(groups, 2).transpose(1, 2);
        // The kernels know masks of two dimensions and of four.
        var allowed = visible is { Dimensions: 3 } ? visible.unsqueeze(1) : visible;
        return nn.functional.scaled_dot_product_attention(q.transpose(1, 2), Heads(k), Heads(v), allowed, is_casual: visible is null)
            .transpose(1, 2).MoveToOuterDisposeScope();
    }
}
