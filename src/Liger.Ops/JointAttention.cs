namespace Liger.Ops;

/// <summary>
/// Softmax over near keys and a kernel over far ones under one denominator:
/// o_t = (Σ_near e^{s_tj} v_j + Σ_far w_j κ_tj v_j) / (Σ_near e^{s_tj} + Σ_far w_j κ_tj) with s = q·k/√D, kernels κ ≥ 0 and write weights w ≥ 0.
/// Far keys are partly at hand, as keys, and partly summed up in a state: there κ_tj = φ(q_t)·φ(k_j).
/// Computed as σ(log n − log f)·o_near + σ(log f − log n)·o_far with the two parts' own outputs and denominators n and f, so that no power of e
/// is taken of anything above 0: safe for any scores.
/// </summary>
public static class JointAttention
{
    /// <summary>Stands for the logarithm of an empty sum, far below that of any other.</summary>
    private const double LogOfNothing = -1e30;

    private const double Smallest = 1e-30;

    /// <param name="q">[B,Tq,H,D], as the softmax takes them.</param>
    /// <param name="k">[B,Tk,Hkv,D].</param>
    /// <param name="v">[B,Tk,Hkv,V].</param>
    /// <param name="near">[Tq,Tk] or [B,Tq,Tk], true where a key counts by the softmax; at least one for each query.</param>
    /// <param name="far">The far keys at hand and those summed up.</param>
    /// <param name="windowLog">[H]: added to the logarithm of the near denominator in place of the scores' largest; null: e^s as it is.</param>
    /// <returns>[B,Tq,H,V] in the dtype of q; computed in fp32 (float64 stays).</returns>
    public static Tensor Forward(Tensor q, Tensor k, Tensor v, Tensor near, FarKeys far, Tensor? windowLog = null)
    {
        using var scope = NewDisposeScope();
        var (ofNear, ofFar, share) = Parts(q, k, v, near, far, windowLog);
        return Shapes.UngroupQueries(ofFar + ((ofNear - ofFar) * share)).to(q.dtype).MoveToOuterDisposeScope();
    }

    /// <summary>The near keys' part of the denominator, 0 to 1.</summary>
    /// <returns>[B,Tq,H,1], fp32 (float64 stays).</returns>
    /// <inheritdoc cref="Forward"/>
    public static Tensor WindowShare(Tensor q, Tensor k, Tensor v, Tensor near, FarKeys far, Tensor? windowLog = null)
    {
        using var scope = NewDisposeScope();
        return Shapes.UngroupQueries(Parts(q, k, v, near, far, windowLog).Share).MoveToOuterDisposeScope();
    }

    /// <summary>Both parts' own outputs [B,Hkv,R,Tq,V], and the near one's share of the denominator [B,Hkv,R,Tq,1].</summary>
    private static (Tensor Near, Tensor Far, Tensor Share) Parts(Tensor q, Tensor k, Tensor v, Tensor near, FarKeys far, Tensor? windowLog)
    {
        Shapes.CheckHeads("joint attention", q, k, v);
        var type = Shapes.Accumulator(q);
        var kvHeads = k.shape[2];
        Tensor Heads(Tensor x) => x.to(type).permute(0, 2, 1, 3).unsqueeze(2);
        Tensor Wide(Tensor mask) => mask.Dimensions == 3 ? mask.unsqueeze(1).unsqueeze(1) : mask;
        var values = Heads(v);
        var scores = (Shapes.GroupQueries(q.to(type), kvHeads) * (1 / Math.Sqrt(q.shape[3]))).matmul(Heads(k).mT);

        var seen = scores.masked_fill(Wide(near).logical_not(), double.NegativeInfinity);
        var logNear = seen.logsumexp(-1, keepdim: true);
        var ofNear = (seen - logNear).exp().matmul(values);
        if (windowLog is not null)
            logNear = logNear - seen.amax([-1], keepdim: true) + windowLog.to(type).view(1, kvHeads, -1, 1, 1);

        var written = cat([values, ones_like(values.narrow(-1, 0, 1))], -1);
        if (far.Write is not null)
            written = written * far.Write.to(type).transpose(1, 2).unsqueeze(2).unsqueeze(-1);
        var kernel = (far.Kernel(scores) * Wide(far.Mask).to(type)).matmul(written);
        if (far.Carried is { } carried)
        {
            var read = Shapes.GroupQueries(carried.Queries.to(type), kvHeads).matmul(carried.State.to(type).unsqueeze(2));
            kernel = kernel + (carried.Present is null ? read : read * carried.Present.to(type).view(-1, 1, 1, q.shape[1], 1));
        }
        var width = v.shape[3];
        var sum = kernel.narrow(-1, width, 1);
        var logFar = sum.clamp_min(Smallest).log().masked_fill(sum.le(0), LogOfNothing);
        var ofFar = kernel.narrow(-1, 0, width) / sum.clamp_min(Smallest);
        return (ofNear, ofFar, (logNear - logFar).sigmoid());
    }

    /// <summary>What far keys add to a state: Σ_j w_j φ(k_j)ᵀ [v_j, 1].</summary>
    /// <param name="features">[B,Hkv,n,F].</param>
    /// <param name="values">[B,Hkv,n,V].</param>
    /// <param name="write">[B,Hkv,n,1]; null: 1.</param>
    /// <param name="present">[B,n], false where there is no key; null: everywhere one.</param>
    /// <returns>[B,Hkv,F,V+1], fp32 (float64 stays).</returns>
    public static Tensor Sum(Tensor features, Tensor values, Tensor? write = null, Tensor? present = null)
    {
        using var scope = NewDisposeScope();
        var type = Shapes.Accumulator(features);
        var wide = nn.functional.pad(values.to(type), [0, 1], value: 1);
        if (write is not null)
            wide = wide * write.to(type);
        if (present is not null)
            wide = wide * present.to(type).unsqueeze(1).unsqueeze(-1);
        return features.to(type).mT.matmul(wide).MoveToOuterDisposeScope();
    }
}

/// <summary>Far keys of <see cref="JointAttention"/>.</summary>
/// <param name="Mask">[Tq,Tk] or [B,Tq,Tk], true where a key at hand counts by the kernel.</param>
/// <param name="Kernel">Scores [B,Hkv,R,Tq,Tk] of the softmax → kernels κ; may use the queries and keys instead.</param>
/// <param name="Write">[B,Tk,Hkv] weights of the keys at hand; null: 1.</param>
/// <param name="Carried">What was summed up before; null is nothing.</param>
public sealed record FarKeys(Tensor Mask, Func<Tensor, Tensor> Kernel, Tensor? Write = null, CarriedKeys? Carried = null);

/// <summary>Far keys that were summed up.</summary>
/// <param name="Queries">[B,Tq,H,F] features.</param>
/// <param name="State">[B,Hkv,F,V+1] from <see cref="JointAttention.Sum"/>.</param>
/// <param name="Present">[B,Tq], false where the state belongs to another document; null: it is every query's.</param>
public sealed record CarriedKeys(Tensor Queries, Tensor State, Tensor? Present = null);
