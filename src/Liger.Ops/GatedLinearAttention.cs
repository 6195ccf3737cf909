using System.Numerics;

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
/// S_t = S_{t−1} diag(e^{g_t}) + k_t v_tᵀ). No scale, no normaliser. Query heads of a group share one state. Computed in fp32
/// (float64 stays).
/// </summary>
public static class GatedLinearAttention
{
    /// <summary>Tokens a chunk. A power of two.</summary>
    private const int Chunk = 64;

    /// <summary>Blocks of fewer tokens are multiplied element by element: a call for a product of matrices would cost more than the product.</summary>
    private const int SmallestProduct = 4;

    /// <summary>The specification: one token after another.</summary>
    /// <param name="q">[B,T,H,K].</param>
    /// <param name="k">[B,T,Hkv,K]; Hkv divides H.</param>
    /// <param name="v">[B,T,Hkv,V].</param>
    /// <param name="g">[B,T,Hkv,K] (Key) or [B,T,Hkv,V] (Value), at most 0.</param>
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

    /// <summary>
    /// The chunked form, arguments as in <see cref="Naive"/>: products of matrices inside chunks of 64 tokens, a short scan between
    /// them. Decays appear only as e^{G_i − G_j} with j ≤ i, split at a token between the two, so that no exponent is above zero.
    /// </summary>
    public static (Tensor Output, Tensor State) Chunked(Tensor q, Tensor k, Tensor v, Tensor g, DecaySide side = DecaySide.Key,
        Tensor? state = null, Tensor? documents = null)
    {
        Check(q, k, v, g, side, state);
        using var scope = NewDisposeScope();
        var type = Shapes.Accumulator(q);
        long batch = q.shape[0], tokens = q.shape[1], kvHeads = k.shape[2], groups = q.shape[2] / kvHeads;
        var length = Math.Min(Chunk, (long)BitOperations.RoundUpToPowerOf2((ulong)tokens));
        var chunks = (tokens + length - 1) / length;
        var padding = (chunks * length) - tokens;

        // [B,Hkv,N,C,R,·] for queries, so that those of neighbouring tokens lie together; [B,Hkv,N,C,·] for the rest. Padded tokens have
        // k = v = 0 and decay 1: the state passes them by.
        Tensor Cut(Tensor x) => PadTokens(x.to(type), padding).unflatten(1, chunks, length).permute(0, 3, 1, 2, 4).contiguous();
        var queries = PadTokens(q.to(type), padding).unflatten(1, chunks, length).unflatten(3, kvHeads, groups).permute(0, 3, 1, 2, 4, 5).contiguous();
        var (keys, values) = (Cut(k), Cut(v));
        var sums = Cut(g).cumsum(3);
        var ids = documents is null ? null : ChunkDocuments(documents, chunks, length, padding);

        var inside = Inside(queries, keys, values, sums, side, ids);
        var (between, last) = Between(queries, keys, values, sums, side, state?.to(type), ids);
        var output = (inside + between).permute(0, 2, 3, 1, 4, 5).reshape(batch, chunks * length, kvHeads * groups, -1).narrow(1, 0, tokens);
        return (output.MoveToOuterDisposeScope(), last.MoveToOuterDisposeScope());
    }

    /// <summary>One token, for decoding. Shapes as in <see cref="Naive"/> with T = 1; the state is updated in place.</summary>
    /// <returns>[B,1,H,V].</returns>
    public static Tensor Step(Tensor q, Tensor k, Tensor v, Tensor g, Tensor state, DecaySide side = DecaySide.Key)
    {
        Check(q, k, v, g, side, state);
        using var scope = NewDisposeScope();
        long batch = q.shape[0], kvHeads = k.shape[2];
        var type = state.dtype;
        var decay = g.to(type).exp().view(batch, kvHeads, -1).unsqueeze(side == DecaySide.Key ? -1 : -2);
        state.mul_(decay).add_(k.to(type).view(batch, kvHeads, -1, 1) * v.to(type).view(batch, kvHeads, 1, -1));
        return q.to(type).view(batch, kvHeads, q.shape[2] / kvHeads, -1).matmul(state).view(batch, 1, q.shape[2], -1).MoveToOuterDisposeScope();
    }

    /// <summary>What tokens of one chunk take from each other: from themselves, then between neighbouring blocks of 1, 2, 4 … tokens.</summary>
    private static Tensor Inside(Tensor q, Tensor k, Tensor v, Tensor sums, DecaySide side, Tensor? ids)
    {
        var (length, groups) = (k.shape[3], q.shape[4]);
        var result = (q * k.unsqueeze(4)).sum(-1, keepdim: true) * v.unsqueeze(4);
        for (long half = 1; half < length; half *= 2)
        {
            // Pairs of neighbouring blocks: queries of the second, keys of the first, decays measured from the first's last token.
            var pairs = length / (2 * half);
            Tensor Halves(Tensor x, int part) => x.unflatten(3, pairs, 2, half).select(4, part);
            var (earlier, later) = (Halves(sums, 0), Halves(sums, 1));
            var reference = earlier.narrow(4, half - 1, 1);
            var after = (later - reference).exp();
            var before = (reference - earlier).exp();
            var queries = Halves(q, 1);
            var (keys, values) = (Halves(k, 0), Halves(v, 0));
            if (side == DecaySide.Key)
                (queries, keys) = (queries * after.unsqueeze(5), keys * before);
            else
                values = values * before;
            // [B,Hkv,N,P,h·R,·] against [B,Hkv,N,P,h,·].
            var scores = Scores(queries.flatten(4, 5), keys);
            if (ids is not null)
            {
                var blocks = ids.unsqueeze(1).unflatten(3, pairs, 2, half);
                var same = blocks.select(4, 1).unsqueeze(-1).eq(blocks.select(4, 0).unsqueeze(-2));
                scores = (scores.unflatten(4, half, groups) * same.to(scores.dtype).unsqueeze(5)).flatten(4, 5);
            }
            var part = Mixed(scores, values).unflatten(4, half, groups);
            if (side == DecaySide.Value)
                part = part * after.unsqueeze(5);
            result = stack([Halves(result, 0), Halves(result, 1) + part], 4).flatten(3, 5);
        }
        return result;
    }

    /// <summary>[…,m,K] against […,n,K] → […,m,n].</summary>
    private static Tensor Scores(Tensor queries, Tensor keys) => keys.shape[^2] < SmallestProduct
        ? (queries.unsqueeze(-2) * keys.unsqueeze(-3)).sum(-1)
        : queries.matmul(keys.mT);

    /// <summary>[…,m,n] times […,n,V] → […,m,V].</summary>
    private static Tensor Mixed(Tensor scores, Tensor values) => values.shape[^2] < SmallestProduct
        ? (scores.unsqueeze(-1) * values.unsqueeze(-3)).sum(-2)
        : scores.matmul(values);

    /// <summary>What tokens take from earlier chunks and the carried state, and the state that is left.</summary>
    private static (Tensor Output, Tensor State) Between(Tensor q, Tensor k, Tensor v, Tensor sums, DecaySide side, Tensor? state, Tensor? ids)
    {
        long batch = k.shape[0], kvHeads = k.shape[1], chunks = k.shape[2];
        var total = sums.narrow(3, k.shape[3] - 1, 1);
        var toEnd = (total - sums).exp();
        if (ids is not null)
            toEnd = toEnd * ids.eq(ids.narrow(-1, k.shape[3] - 1, 1)).to(toEnd.dtype).unsqueeze(-1).unsqueeze(1);
        var added = side == DecaySide.Key ? (k * toEnd).mT.matmul(v) : k.mT.matmul(v * toEnd);
        var kept = total.exp();
        if (ids is not null)
            kept = kept * SameAsBefore(ids.narrow(-1, k.shape[3] - 1, 1)).to(kept.dtype);
        kept = side == DecaySide.Key ? kept.mT : kept;

        state ??= zeros([batch, kvHeads, k.shape[4], v.shape[4]], k.dtype, k.device);
        var entering = new List<Tensor>();
        for (var n = 0; n < chunks; n++)
        {
            entering.Add(state);
            state = (state * kept.select(2, n)) + added.select(2, n);
        }
        var decay = sums.exp();
        if (ids is not null)
            decay = decay * SameAsBefore(ids).to(decay.dtype);
        var carried = stack(entering, 2);
        var (length, groups) = (q.shape[3], q.shape[4]);
        Tensor Carried(Tensor queries) => queries.flatten(3, 4).matmul(carried).unflatten(3, length, groups);
        var output = side == DecaySide.Key ? Carried(q * decay.unsqueeze(4)) : Carried(q) * decay.unsqueeze(4);
        return (output, state);

        // Whether a token still belongs to the document that the chunk before ended with; a carried state belongs to the first token's.
        Tensor SameAsBefore(Tensor of)
        {
            var lastOfBefore = cat([ids!.narrow(1, 0, 1).narrow(2, 0, 1), ids.narrow(1, 0, chunks - 1).narrow(2, ids.shape[2] - 1, 1)], 1);
            return of.eq(lastOfBefore).unsqueeze(-1).unsqueeze(1);
        }
    }

    /// <summary>[B,T] → [B,N,C]; padding continues the last document.</summary>
    private static Tensor ChunkDocuments(Tensor documents, long chunks, long length, long padding)
    {
        if (padding > 0)
            documents = cat([documents, documents.narrow(1, documents.shape[1] - 1, 1).expand(-1, padding)], 1);
        return documents.view(-1, chunks, length);
    }

    private static Tensor PadTokens(Tensor x, long padding) => padding == 0 ? x : nn.functional.pad(x, [0, 0, 0, 0, 0, padding]);

    private static void Check(Tensor q, Tensor k, Tensor v, Tensor g, DecaySide side, Tensor? state)
    {
        Shapes.CheckHeads("gated linear attention", q, k, v);
        var decayed = side == DecaySide.Key ? k : v;
        Shapes.Check("gated linear attention", "g", g, decayed.shape);
        if (state is not null)
            Shapes.Check("gated linear attention", "state", state, k.shape[0], k.shape[2], k.shape[3], v.shape[3]);
    }
}
