using Liger.Ops.Cpu;

namespace Liger.Ops;

/// <summary>
/// The gated delta rule (Yang et al. 2024, arXiv 2406.06484 and 2412.06464): what the state holds under a key is replaced instead of added to.
/// S_t = e^{g_t} (I − β_t k_t k_tᵀ) S_{t−1} + β_t k_t v_tᵀ and o_t = S_tᵀ q_t, one decay and one strength β a kv head. Keys should have norm 1 and
/// β lie in [0, 2], else the state grows. No scale. Query heads of a group share one state. Computed in fp32 (float64 stays).
/// </summary>
public static class DeltaRule
{
    /// <summary>The specification: one token after another.</summary>
    /// <param name="q">[B,T,H,K].</param>
    /// <param name="k">[B,T,Hkv,K]; Hkv divides H.</param>
    /// <param name="v">[B,T,Hkv,V].</param>
    /// <param name="g">[B,T,Hkv,1], at most 0.</param>
    /// <param name="beta">[B,T,Hkv,1].</param>
    /// <param name="state">[B,Hkv,K,V] before the first token; null is zero.</param>
    /// <param name="documents">[B,T] document numbers; the state starts anew where they change.</param>
    /// <returns>Outputs [B,T,H,V] and the state after the last token, in fp32.</returns>
    /// <exception cref="OpsException">Shapes that do not fit together.</exception>
    public static (Tensor Output, Tensor State) Naive(Tensor q, Tensor k, Tensor v, Tensor g, Tensor beta, Tensor? state = null, Tensor? documents = null)
    {
        Check(q, k, v, g, beta, state);
        var (written, replaced) = Transition(k, g, beta);
        return GeneralizedDeltaRule.Naive(q, written, v, g.expand(k.shape), replaced, k, state, documents);
    }

    /// <summary>The fastest form for the tensors at hand, arguments as in <see cref="Naive"/>.</summary>
    public static (Tensor Output, Tensor State) Forward(Tensor q, Tensor k, Tensor v, Tensor g, Tensor beta, Tensor? state = null, Tensor? documents = null)
    {
        Check(q, k, v, g, beta, state);
        if (!CpuRecurrence.Takes(q, v))
            return Chunked(q, k, v, g, beta, state, documents);
        var (written, replaced) = Transition(k, g, beta);
        return CpuRecurrence.Forward(q, written, v, g, DecaySide.Key, replaced, k, state, documents);
    }

    /// <summary>
    /// The chunked form, arguments as in <see cref="Naive"/>. With u_t = β_t (v_t − e^{g_t} S_{t−1}ᵀ k_t) the state is a sum of k_j u_jᵀ under decays;
    /// inside a chunk (I + A) U = β (V − e^G K S), A_tj = β_t e^{G_t − G_j} k_tᵀ k_j for j &lt; t, which is solved at once.
    /// </summary>
    public static (Tensor Output, Tensor State) Chunked(Tensor q, Tensor k, Tensor v, Tensor g, Tensor beta, Tensor? state = null, Tensor? documents = null)
    {
        Check(q, k, v, g, beta, state);
        using var scope = NewDisposeScope();
        var chunks = new Chunks(q, k, documents);
        var (queries, keys, values, decays, strength) = (chunks.CutQueries(q), chunks.Cut(k), chunks.Cut(v), chunks.Cut(g), chunks.Cut(beta));
        var pairs = Chunks.Where(DecayedProducts.PairDecays(decays), chunks.Together);
        var fromStart = Chunks.Where(Chunks.SumsTo(decays).exp(), chunks.Continuing);
        var toEnd = Chunks.Where(Chunks.SumsAfter(decays).exp(), chunks.ReachingEnd);
        var kept = fromStart.narrow(3, chunks.Length - 1, 1);

        var inverse = DecayedProducts.UnitLowerInverse((keys.matmul(keys.mT) * pairs * strength).tril(-1));
        var (free, replaced) = (inverse.matmul(values * strength), inverse.matmul(keys * strength * fromStart));
        var (written, ended) = ((keys * toEnd).mT, new List<Tensor>());
        var entering = new List<Tensor>();
        var carried = state?.to(chunks.Type) ?? zeros([k.shape[0], k.shape[2], k.shape[3], v.shape[3]], chunks.Type, k.device);
        for (var n = 0; n < chunks.Count; n++)
        {
            entering.Add(carried);
            var news = free.select(2, n) - replaced.select(2, n).matmul(carried);
            ended.Add(news);
            carried = (carried * kept.select(2, n)) + written.select(2, n).matmul(news);
        }
        var scores = queries.flatten(3, 4).matmul(keys.mT).unflatten(3, chunks.Length, chunks.Groups) * pairs.unsqueeze(4);
        var output = scores.flatten(3, 4).matmul(stack(ended, 2)) + (queries * fromStart.unsqueeze(4)).flatten(3, 4).matmul(stack(entering, 2));
        return (chunks.Join(output.unflatten(3, chunks.Length, chunks.Groups)).MoveToOuterDisposeScope(), carried.MoveToOuterDisposeScope());
    }

    /// <summary>One token, for decoding. Shapes as in <see cref="Naive"/> with T = 1; the state is updated in place.</summary>
    /// <returns>[B,1,H,V].</returns>
    public static Tensor Step(Tensor q, Tensor k, Tensor v, Tensor g, Tensor beta, Tensor state)
    {
        Check(q, k, v, g, beta, state);
        using var scope = NewDisposeScope();
        if (CpuRecurrence.Takes(q, v))
        {
            var (written, replaced) = Transition(k, g, beta);
            return CpuRecurrence.Step(q, written, v, g, DecaySide.Key, state, replaced, k).MoveToOuterDisposeScope();
        }
        long batch = q.shape[0], kvHeads = k.shape[2];
        var type = state.dtype;
        Tensor Head(Tensor x) => x.to(type).view(batch, kvHeads, 1, -1);
        var keys = Head(k);
        state.mul_(Head(g).exp());
        var news = (Head(v) - keys.matmul(state)) * Head(beta);
        state.add_(keys.mT * news);
        return q.to(type).view(batch, kvHeads, q.shape[2] / kvHeads, -1).matmul(state).view(batch, 1, q.shape[2], -1).MoveToOuterDisposeScope();
    }

    /// <summary>The same as a general transition diag(e^g) + a bᵀ: a = −e^g β k, b = k, and β k is written.</summary>
    private static (Tensor Written, Tensor Replaced) Transition(Tensor k, Tensor g, Tensor beta)
    {
        var written = k * beta;
        return (written, written * g.to(written.dtype).exp().neg());
    }

    private static void Check(Tensor q, Tensor k, Tensor v, Tensor g, Tensor beta, Tensor? state)
    {
        Shapes.CheckHeads("delta rule", q, k, v);
        Shapes.Check("delta rule", "g", g, k.shape[0], k.shape[1], k.shape[2], 1);
        Shapes.Check("delta rule", "beta", beta, k.shape[0], k.shape[1], k.shape[2], 1);
        if (state is not null)
            Shapes.Check("delta rule", "state", state, k.shape[0], k.shape[2], k.shape[3], v.shape[3]);
    }
}
