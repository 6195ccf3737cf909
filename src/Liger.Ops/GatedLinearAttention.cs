using Liger.Ops.Cpu;

namespace Liger.Ops;

/// <summary>Which side of the state a log-decay acts on.</summary>
public enum DecaySide
{
    /// <summary>One decay a key channel: the rows of the state (GLA, HGRN2).</summary>
    Key,

    /// <summary>One decay a value channel: the columns of the state (the key memory of GSA).</summary>
    Value,
}

/// <summary>
/// Gated linear attention (Yang et al. 2024, arXiv 2312.06635): a matrix state per kv head,
/// S_t = diag(e^{g_t}) S_{t−1} + k_t v_tᵀ and o_t = S_tᵀ q_t, with log-decays g ≤ 0 (for <see cref="DecaySide.Value"/>
/// S_t = S_{t−1} diag(e^{g_t}) + k_t v_tᵀ). With one decay a kv head it is retention and its gated forms. No scale, no normaliser. Query heads of a group share one state. Computed in fp32
/// (float64 stays).
/// </summary>
public static class GatedLinearAttention
{
    /// <summary>The specification: one token after another.</summary>
    /// <param name="q">[B,T,H,K].</param>
    /// <param name="k">[B,T,Hkv,K]; Hkv divides H.</param>
    /// <param name="v">[B,T,Hkv,V].</param>
    /// <param name="g">[B,T,Hkv,K] (Key) or [B,T,Hkv,V] (Value), at most 0; or [B,T,Hkv,1], one decay for all channels, which is cheaper.</param>
    /// <param name="side">What g acts on.</param>
    /// <param name="state">[B,Hkv,K,V] before the first token; null is zero.</param>
    /// <param name="documents">[B,T] document numbers; the state starts anew where they change.</param>
    /// <returns>Outputs [B,T,H,V] and the state after the last token, in fp32.</returns>
    /// <exception cref="OpsException">Shapes that do not fit together.</exception>
    public static (Tensor Output, Tensor State) Naive(Tensor q, Tensor k, Tensor v, Tensor g, DecaySide side = DecaySide.Key,
        Tensor? state = null, Tensor? documents = null)
    {
        Check(q, k, v, g, side, state);
        var type = Shapes.Accumulator(q);
        long batch = q.shape[0], tokens = q.shape[1], kvHeads = k.shape[2];
        var (queries, keys, values, decay) = (Shapes.GroupQueries(q.to(type), kvHeads), k.to(type), v.to(type), g.to(type).exp());
        state ??= zeros([batch, kvHeads, k.shape[3], v.shape[3]], type, q.device);
        var outputs = new List<Tensor>();
        for (var t = 0; t < tokens; t++)
        {
            if (documents is not null && t > 0)
                state = state * documents.select(1, t).eq(documents.select(1, t - 1)).to(type).view(batch, 1, 1, 1);
            state = (state * decay.select(1, t).unsqueeze(side == DecaySide.Key ? -1 : -2)) + (keys.select(1, t).unsqueeze(-1) * values.select(1, t).unsqueeze(-2));
            outputs.Add(queries.select(3, t).matmul(state));
        }
        return (Shapes.UngroupQueries(stack(outputs, 3)), state);
    }

    /// <summary>The fastest form for the tensors at hand, arguments as in <see cref="Naive"/>.</summary>
    public static (Tensor Output, Tensor State) Forward(Tensor q, Tensor k, Tensor v, Tensor g, DecaySide side = DecaySide.Key,
        Tensor? state = null, Tensor? documents = null)
    {
        Check(q, k, v, g, side, state);
        return CpuRecurrence.Takes(q, v) ? CpuRecurrence.Forward(q, k, v, g, side, state: state, documents: documents) : Chunked(q, k, v, g, side, state, documents);
    }

    /// <summary>
    /// The chunked form, arguments as in <see cref="Naive"/>: products of matrices inside chunks of 64 tokens, a short scan between
    /// them. Decays appear only as sums over the tokens between two, so that no exponent is above zero.
    /// </summary>
    public static (Tensor Output, Tensor State) Chunked(Tensor q, Tensor k, Tensor v, Tensor g, DecaySide side = DecaySide.Key,
        Tensor? state = null, Tensor? documents = null)
    {
        Check(q, k, v, g, side, state);
        using var scope = NewDisposeScope();
        var chunks = new Chunks(q, k, documents);
        var (queries, keys, values, decays) = (chunks.CutQueries(q), chunks.Cut(k), chunks.Cut(v), chunks.Cut(g));
        var since = Chunks.SumsTo(decays);

        var toEnd = Chunks.Where(Chunks.SumsAfter(decays).exp(), chunks.ReachingEnd);
        var added = side == DecaySide.Key ? (keys * toEnd).mT.matmul(values) : keys.mT.matmul(values * toEnd);
        var fromStart = Chunks.Where(since.exp(), chunks.Continuing);
        var kept = fromStart.narrow(3, chunks.Length - 1, 1);
        var (entering, last) = Chunks.Scan(added, side == DecaySide.Key ? kept.mT : kept, state?.to(chunks.Type));

        Tensor Carried(Tensor of) => of.flatten(3, 4).matmul(entering).unflatten(3, chunks.Length, chunks.Groups);
        Tensor output;
        if (side == DecaySide.Key)
        {
            var scores = decays.shape[^1] == 1 ? DecayedProducts.ScalarScores(queries, keys, decays) : DecayedProducts.Scores(queries, keys, decays);
            if (chunks.Together is { } together)
                scores = scores * together.unsqueeze(-2);
            output = scores.flatten(3, 4).matmul(values).unflatten(3, chunks.Length, chunks.Groups) + Carried(queries * fromStart.unsqueeze(4));
        }
        else
        {
            output = DecayedProducts.Mixed(queries, keys, values, decays, chunks.Together) + (Carried(queries) * fromStart.unsqueeze(4));
        }
        return (chunks.Join(output).MoveToOuterDisposeScope(), last.MoveToOuterDisposeScope());
    }

    /// <summary>One token, for decoding. Shapes as in <see cref="Naive"/> with T = 1; the state is updated in place.</summary>
    /// <returns>[B,1,H,V].</returns>
    public static Tensor Step(Tensor q, Tensor k, Tensor v, Tensor g, Tensor state, DecaySide side = DecaySide.Key)
    {
        Check(q, k, v, g, side, state);
        if (CpuRecurrence.Takes(q, v))
            return CpuRecurrence.Step(q, k, v, g, side, state);
        using var scope = NewDisposeScope();
        long batch = q.shape[0], kvHeads = k.shape[2];
        var type = state.dtype;
        // S + (e^g − 1) S: e^g next to 1 has an error of up to 1e-7, which hundreds of steps at one gate would multiply to 1e-5.
        var change = g.to(type).expm1().view(batch, kvHeads, -1).unsqueeze(side == DecaySide.Key ? -1 : -2);
        state.addcmul_(state, change, 1).add_(k.to(type).view(batch, kvHeads, -1, 1) * v.to(type).view(batch, kvHeads, 1, -1));
        return q.to(type).view(batch, kvHeads, q.shape[2] / kvHeads, -1).matmul(state).view(batch, 1, q.shape[2], -1).MoveToOuterDisposeScope();
    }

    private static void Check(Tensor q, Tensor k, Tensor v, Tensor g, DecaySide side, Tensor? state)
    {
        Shapes.CheckHeads("gated linear attention", q, k, v);
        if (g.shape[^1] == 1)
            Shapes.Check("gated linear attention", "g", g, k.shape[0], k.shape[1], k.shape[2], 1);
        else
            Shapes.Check("gated linear attention", "g", g, (side == DecaySide.Key ? k : v).shape);
        if (state is not null)
            Shapes.Check("gated linear attention", "state", state, k.shape[0], k.shape[2], k.shape[3], v.shape[3]);
    }
}
