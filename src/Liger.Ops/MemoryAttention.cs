namespace Liger.Ops;

/// <summary>
/// Softmax over near keys beside one key that stands for a whole memory: o_t = (Σ_near e^{s_tj} v_j + w_t m_t) / (Σ_near e^{s_tj} + w_t c_t⁺)
/// with s = q·k/√D and w_t = e^{b_t} (c_t⁺)^{γ−1}. The memory was written with [v, 1], so that what is read from it for a query is a value and how much
/// of it is there: m_t and c_t, near 1 where the query's key lies in it and near 0 where it does not. With a sharpness γ above 1 what is hardly there
/// counts less than its share: other keys' remains in what is read, which no state is large enough to keep out, stay below the near keys.
/// Computed relative to the near keys' own denominator: safe for any scores.
/// </summary>
public static class MemoryAttention
{
    /// <summary>How far, as a logarithm, the memory may outweigh all near keys together: e^12 leaves them nothing in fp32's sight of a value.</summary>
    private const double MostAdvantage = 12;

    /// <summary>Added to c⁺ before its power is taken: roots, where γ &lt; 2, have no slope at 0.</summary>
    private const double Least = 1e-6;

    /// <param name="q">[B,Tq,H,D], as the softmax takes them.</param>
    /// <param name="k">[B,Tk,Hkv,D]; Hkv divides H.</param>
    /// <param name="v">[B,Tk,Hkv,V].</param>
    /// <param name="near">[Tq,Tk] or [B,Tq,Tk], true where a key counts; at least one for each query.</param>
    /// <param name="read">[B,Tq,H,V+1]: m and, last, c.</param>
    /// <param name="weightLog">[B,Tq,H]: b.</param>
    /// <param name="sharpness">γ, at least 1.</param>
    /// <returns>[B,Tq,H,V] in the dtype of q; computed in fp32 (float64 stays).</returns>
    /// <exception cref="OpsException">Shapes that do not fit together.</exception>
    public static Tensor Forward(Tensor q, Tensor k, Tensor v, Tensor near, Tensor read, Tensor weightLog, double sharpness = 1)
    {
        Shapes.CheckHeads("memory attention", q, k, v);
        Shapes.Check("memory attention", "read", read, q.shape[0], q.shape[1], q.shape[2], v.shape[3] + 1);
        Shapes.Check("memory attention", "weight log", weightLog, q.shape[0], q.shape[1], q.shape[2]);
        using var scope = NewDisposeScope();
        var type = Shapes.Accumulator(q);
        var (kvHeads, width) = (k.shape[2], v.shape[3]);
        Tensor Heads(Tensor x) => x.to(type).permute(0, 2, 1, 3).unsqueeze(2);
        var mask = near.Dimensions == 3 ? near.unsqueeze(1).unsqueeze(1) : near;
        var scores = (Shapes.GroupQueries(q.to(type), kvHeads) * (1 / Math.Sqrt(q.shape[3]))).matmul(Heads(k).mT).masked_fill(mask.logical_not(), double.NegativeInfinity);
        var logNear = scores.logsumexp(-1, keepdim: true);
        var ofNear = (scores - logNear).exp().matmul(Heads(v));
        var memory = Shapes.GroupQueries(read.to(type), kvHeads);
        var weight = (Shapes.GroupQueries(weightLog.to(type).unsqueeze(-1), kvHeads) - logNear).clamp_max(MostAdvantage).exp();
        var there = memory.narrow(-1, width, 1).relu();
        if (sharpness > 1)
            weight = weight * (there + Least).pow(sharpness - 1);
        var mixed = (ofNear + (weight * memory.narrow(-1, 0, width))) / (1 + (weight * there));
        return Shapes.UngroupQueries(mixed).to(q.dtype).MoveToOuterDisposeScope();
    }
}
