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

    /// <summary>Pairs of tokens closer than this are weighed one by one.</summary>
    private const int Smallest = 4;

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
        var length = Math.Min(Chunk, (long)BitOperations.RoundUpToPowerOf2((ulong)Math.Max(tokens, Smallest)));
        var chunks = (tokens + length - 1) / length;
        var padding = (chunks * length) - tokens;

        // [B,Hkv,N,R,C,·] for queries, [B,Hkv,N,C,·] for the rest. Padded tokens have k = v = 0 and decay 1: the state passes them by.
        Tensor Cut(Tensor x) => PadTokens(x.to(type), padding).unflatten(1, chunks, length).permute(0, 3, 1, 2, 4).contiguous();
        var queries = Cut(q).view(batch, kvHeads, groups, chunks, length, -1).transpose(2, 3);
        var (keys, values) = (Cut(k), Cut(v));
        var sums = Cut(g).cumsum(3);
        var ids = documents is null ? null : ChunkDocuments(documents, chunks, length, padding);

        var inside = Inside(queries.contiguous(), keys, values, sums, side, ids);
        var (between, last) = Between(queries, keys, values, sums, side, state?.to(type), ids);
        var output = (inside + between).transpose(2, 3).reshape(batch, kvHeads * groups, chunks * length, -1).narrow(2, 0, tokens).transpose(1, 2);
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

    /// <summary>What tokens of one chunk take from earlier tokens of the same chunk.</summary>
    private static Tensor Inside(Tensor q, Tensor k, Tensor v, Tensor sums, DecaySide side, Tensor? ids)
    {
        var length = k.shape[3];
        var result = Nearest(q, k, v, sums, side, ids);
        for (long half = Smallest; half < length; half *= 2)
        {
            // Pairs of neighbouring halves: queries of the second, keys of the first, decays measured from the first's last token.
            var pairs = length / (2 * half);
            Tensor Halves(Tensor x, int part) => x.unflatten(-2, pairs, 2, half).select(-3, part);
            var reference = Halves(sums, 0).narrow(-2, half - 1, 1);
            var after = (Halves(sums, 1) - reference).exp();
            var before = (reference - Halves(sums, 0)).exp();
            var queries = Halves(q, 1);
            var (keys, values) = (Halves(k, 0), Halves(v, 0));
            if (side == DecaySide.Key)
                (queries, keys) = (queries * after.unsqueeze(3), keys * before);
            else
                values = values * before;
            // [B,Hkv,N,R,P,C/2P,·] against [B,Hkv,N,1,P,C/2P,·].
            var scores = queries.matmul(keys.unsqueeze(3).mT);
            if (ids is not null)
                scores = scores * Halves(ids.unsqueeze(-1), 1).eq(Halves(ids.unsqueeze(-1), 0).mT).to(scores.dtype).unsqueeze(1).unsqueeze(3);
            var part = scores.matmul(values.unsqueeze(3));
            if (side == DecaySide.Value)
                part = part * after.unsqueeze(3);
            var spread = stack([zeros_like(part), part], -3).flatten(-4, -2);
            result = result + spread;
        }
        return result;
    }

    /// <summary>Pairs within blocks of <see cref="Smallest"/> tokens, each with its own decay.</summary>
    private static Tensor Nearest(Tensor q, Tensor k, Tensor v, Tensor sums, DecaySide side, Tensor? ids)
    {
        var blocks = k.shape[3] / Smallest;
        Tensor Blocks(Tensor x) => x.unflatten(-2, blocks, Smallest);
        var (queries, keys, values, g) = (Blocks(q), Blocks(k).unsqueeze(3), Blocks(v).unsqueeze(3), Blocks(sums));
        // [B,Hkv,N,P,S,S,·], zero above the diagonal.
        var later = ones([Smallest, Smallest], @bool, q.device).triu(1).unsqueeze(-1);
        var weights = (g.unsqueeze(-2) - g.unsqueeze(-3)).masked_fill(later, double.NegativeInfinity).exp().unsqueeze(3);
        if (ids is not null)
        {
            var blocked = Blocks(ids.unsqueeze(-1));
            weights = weights * blocked.eq(blocked.mT).to(weights.dtype).unsqueeze(-1).unsqueeze(1).unsqueeze(3);
        }
        var mixed = side == DecaySide.Key
            ? (queries.unsqueeze(-2) * weights * keys.unsqueeze(-3)).sum(-1).matmul(values)
            : (queries.matmul(keys.mT).unsqueeze(-1) * weights * values.unsqueeze(-3)).sum(-2);
        return mixed.flatten(-3, -2);
    }

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
        var carried = stack(entering, 2).unsqueeze(3);
        var output = side == DecaySide.Key ? (q * decay.unsqueeze(3)).matmul(carried) : q.matmul(carried) * decay.unsqueeze(3);
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
