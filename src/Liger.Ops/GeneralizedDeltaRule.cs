using Liger.Ops.Cpu;

namespace Liger.Ops;

/// <summary>
/// The generalised delta rule of RWKV-7 (Peng et al. 2025, arXiv 2503.14456): the transition is diagonal plus rank one,
/// S_t = (diag(e^{g_t}) + a_t b_tᵀ) S_{t−1} + k_t v_tᵀ and o_t = S_tᵀ q_t. The state stays bounded where e^{g}, a and b keep the transition's norm at
/// most 1, e.g. a = −β ⊙ κ, b = κ with κ of norm 1. No scale. Query heads of a group share one state. Computed in fp32 (float64 stays).
/// </summary>
public static class GeneralizedDeltaRule
{
    /// <summary>The specification: one token after another.</summary>
    /// <param name="q">[B,T,H,K].</param>
    /// <param name="k">[B,T,Hkv,K]; Hkv divides H.</param>
    /// <param name="v">[B,T,Hkv,V].</param>
    /// <param name="g">[B,T,Hkv,K], at most 0.</param>
    /// <param name="a">[B,T,Hkv,K].</param>
    /// <param name="b">[B,T,Hkv,K].</param>
    /// <param name="state">[B,Hkv,K,V] before the first token; null is zero.</param>
    /// <param name="documents">[B,T] document numbers; the state starts anew where they change.</param>
    /// <returns>Outputs [B,T,H,V] and the state after the last token, in fp32.</returns>
    /// <exception cref="OpsException">Shapes that do not fit together.</exception>
    public static (Tensor Output, Tensor State) Naive(Tensor q, Tensor k, Tensor v, Tensor g, Tensor a, Tensor b, Tensor? state = null, Tensor? documents = null)
    {
        Check(q, k, v, g, a, b, state);
        var type = Shapes.Accumulator(q);
        long batch = q.shape[0], tokens = q.shape[1], kvHeads = k.shape[2];
        var queries = Shapes.GroupQueries(q.to(type), kvHeads);
        Tensor Row(Tensor x, long t) => x.select(1, t).to(type).unsqueeze(-2);
        state = state?.to(type) ?? zeros([batch, kvHeads, k.shape[3], v.shape[3]], type, q.device);
        var outputs = new List<Tensor>();
        for (var t = 0; t < tokens; t++)
        {
            if (documents is not null && t > 0)
                state = state * documents.select(1, t).eq(documents.select(1, t - 1)).to(type).view(batch, 1, 1, 1);
            state = (state * Row(g, t).exp().mT) + (Row(a, t).mT * Row(b, t).matmul(state)) + (Row(k, t).mT * Row(v, t));
            outputs.Add(queries.select(3, t).matmul(state));
        }
        return (Shapes.UngroupQueries(stack(outputs, 3)), state);
    }

    /// <summary>The fastest form for the tensors at hand, arguments as in <see cref="Naive"/>.</summary>
    public static (Tensor Output, Tensor State) Forward(Tensor q, Tensor k, Tensor v, Tensor g, Tensor a, Tensor b, Tensor? state = null, Tensor? documents = null)
    {
        Check(q, k, v, g, a, b, state);
        return CpuRecurrence.Takes(q, v) ? CpuRecurrence.Forward(q, k, v, g, DecaySide.Key, a, b, state, documents) : Chunked(q, k, v, g, a, b, state, documents);
    }

    /// <summary>
    /// The chunked form, arguments as in <see cref="Naive"/>. With z_t = S_{t−1}ᵀ b_t the state is a sum of a_j z_jᵀ + k_j v_jᵀ under decays; inside a
    /// chunk (I − P(b, a)) Z = e^G b S + P(b, k) V with decayed products P of earlier tokens, which is solved at once.
    /// </summary>
    public static (Tensor Output, Tensor State) Chunked(Tensor q, Tensor k, Tensor v, Tensor g, Tensor a, Tensor b, Tensor? state = null, Tensor? documents = null)
    {
        Check(q, k, v, g, a, b, state);
        using var scope = NewDisposeScope();
        var chunks = new Chunks(q, k, documents);
        var (queries, keys, values, decays) = (chunks.CutQueries(q), chunks.Cut(k), chunks.Cut(v), chunks.Cut(g));
        var (ins, outs) = (chunks.Cut(a), chunks.Cut(b));
        var (length, groups, together) = (chunks.Length, chunks.Groups, chunks.Together);
        var since = Chunks.SumsTo(decays);
        var fromStart = Chunks.Where(since.exp(), chunks.Continuing);
        var toEnd = Chunks.Where(Chunks.SumsAfter(decays).exp(), chunks.ReachingEnd);
        var kept = fromStart.narrow(3, length - 1, 1).mT;

        // b_t meets the state of the token before: as one more query of that token, its scores moved down by one row.
        var all = cat([queries, Moved(outs, -1).unsqueeze(4)], 4);
        var (withIns, withKeys) = (DecayedProducts.Scores(all, ins, decays), DecayedProducts.Scores(all, keys, decays));
        Tensor OfQueries(Tensor scores) => Masked(scores.narrow(4, 0, groups), together?.unsqueeze(4)).flatten(3, 4);
        Tensor OfOuts(Tensor scores) => Masked(Moved(scores.select(4, groups), 1), together);

        var inverse = DecayedProducts.UnitLowerInverse(OfOuts(withIns).neg());
        var before = Chunks.Where(Moved(since, 1).exp(), chunks.Continuing);
        var (free, read) = (inverse.matmul(OfOuts(withKeys).matmul(values)), inverse.matmul(outs * before));
        var added = (keys * toEnd).mT.matmul(values);
        var fed = (ins * toEnd).mT;
        List<Tensor> entering = [], seen = [];
        var carried = state?.to(chunks.Type) ?? zeros([k.shape[0], k.shape[2], k.shape[3], v.shape[3]], chunks.Type, k.device);
        for (var n = 0; n < chunks.Count; n++)
        {
            entering.Add(carried);
            var z = free.select(2, n) + read.select(2, n).matmul(carried);
            seen.Add(z);
            carried = (carried * kept.select(2, n)) + added.select(2, n) + fed.select(2, n).matmul(z);
        }
        var output = OfQueries(withKeys).matmul(values) + OfQueries(withIns).matmul(stack(seen, 2))
            + (queries * fromStart.unsqueeze(4)).flatten(3, 4).matmul(stack(entering, 2));
        return (chunks.Join(output.unflatten(3, length, groups)).MoveToOuterDisposeScope(), carried.MoveToOuterDisposeScope());
    }

    /// <summary>One token, for decoding. Shapes as in <see cref="Naive"/> with T = 1; the state is updated in place.</summary>
    /// <returns>[B,1,H,V].</returns>
    public static Tensor Step(Tensor q, Tensor k, Tensor v, Tensor g, Tensor a, Tensor b, Tensor state)
    {
        Check(q, k, v, g, a, b, state);
        if (CpuRecurrence.Takes(q, v))
            return CpuRecurrence.Step(q, k, v, g, DecaySide.Key, state, a, b);
        using var scope = NewDisposeScope();
        long batch = q.shape[0], kvHeads = k.shape[2];
        var type = state.dtype;
        Tensor Head(Tensor x) => x.to(type).view(batch, kvHeads, 1, -1);
        var seen = Head(b).matmul(state);
        state.mul_(Head(g).exp().mT).add_(Head(a).mT * seen).add_(Head(k).mT * Head(v));
        return q.to(type).view(batch, kvHeads, q.shape[2] / kvHeads, -1).matmul(state).view(batch, 1, q.shape[2], -1).MoveToOuterDisposeScope();
    }

    private static Tensor Masked(Tensor scores, Tensor? mask) => mask is null ? scores : scores * mask;

    /// <summary>The tokens of each chunk (dimension 3) moved by one, zeros at the end that is left.</summary>
    private static Tensor Moved(Tensor x, int by)
    {
        var rest = x.shape[3] - 1;
        var zero = zeros_like(x.narrow(3, 0, 1));
        return by > 0 ? cat([zero, x.narrow(3, 0, rest)], 3) : cat([x.narrow(3, 1, rest), zero], 3);
    }

    private static void Check(Tensor q, Tensor k, Tensor v, Tensor g, Tensor a, Tensor b, Tensor? state)
    {
        const string op = "generalized delta rule";
        Shapes.CheckHeads(op, q, k, v);
        Shapes.Check(op, "g", g, k.shape);
        Shapes.Check(op, "a", a, k.shape);
        Shapes.Check(op, "b", b, k.shape);
        if (state is not null)
            Shapes.Check(op, "state", state, k.shape[0], k.shape[2], k.shape[3], v.shape[3]);
    }
}
