using System.Numerics;

namespace Liger.Ops;

/// <summary>
/// A sequence cut into chunks of 64 tokens: [B,T,Hkv,·] becomes [B,Hkv,N,C,·]. The last chunk is filled with zeros, which a recurrence passes
/// by; a single chunk is only as long as it needs to be. Knows which tokens of a chunk may exchange anything when rows hold documents.
/// </summary>
internal sealed class Chunks
{
    /// <summary>Tokens a chunk. A power of two.</summary>
    private const int Longest = 64;

    private readonly long batch;
    private readonly long tokens;
    private readonly long kvHeads;
    private readonly Tensor? ids;

    internal Chunks(Tensor q, Tensor k, Tensor? documents)
    {
        (batch, tokens, kvHeads) = (q.shape[0], q.shape[1], k.shape[2]);
        Groups = q.shape[2] / kvHeads;
        Type = Shapes.Accumulator(q);
        Length = Math.Min(Longest, (long)BitOperations.RoundUpToPowerOf2((ulong)tokens));
        Count = (tokens + Length - 1) / Length;
        ids = documents is null ? null : Numbers(documents);
    }

    /// <summary>C.</summary>
    internal long Length { get; }

    /// <summary>N.</summary>
    internal long Count { get; }

    /// <summary>R, query heads of a kv head.</summary>
    internal long Groups { get; }

    /// <summary>The dtype of the computation.</summary>
    internal ScalarType Type { get; }

    private long Padding => (Count * Length) - tokens;

    /// <summary>[B,T,Hkv,·] → [B,Hkv,N,C,·].</summary>
    internal Tensor Cut(Tensor x) => Padded(x).unflatten(1, Count, Length).permute(0, 3, 1, 2, 4).contiguous();

    /// <summary>[B,T,H,·] → [B,Hkv,N,C,R,·]: the query heads of one kv head side by side.</summary>
    internal Tensor CutQueries(Tensor q) =>
        Padded(q).unflatten(1, Count, Length).unflatten(3, kvHeads, Groups).permute(0, 3, 1, 2, 4, 5).contiguous();

    /// <summary>[B,Hkv,N,C,R,V] → [B,T,H,V].</summary>
    internal Tensor Join(Tensor output) =>
        output.permute(0, 2, 3, 1, 4, 5).reshape(batch, Count * Length, kvHeads * Groups, -1).narrow(1, 0, tokens);

    /// <summary>[B,1,N,C,C], 1 where two tokens of a chunk are of one document; null: all are.</summary>
    internal Tensor? Together => ids?.unsqueeze(-1).eq(ids.unsqueeze(-2)).to(Type).unsqueeze(1);

    /// <summary>[B,1,N,C,1], 1 where a token is of the document that the chunk before ended with. A carried state belongs to the first token's.</summary>
    internal Tensor? Continuing
    {
        get
        {
            if (ids is null)
                return null;
            var lastOfBefore = cat([ids.narrow(1, 0, 1).narrow(2, 0, 1), ids.narrow(1, 0, Count - 1).narrow(2, Length - 1, 1)], 1);
            return ids.eq(lastOfBefore).to(Type).unsqueeze(-1).unsqueeze(1);
        }
    }

    /// <summary>[B,1,N,C,1], 1 where a token is of the document that its chunk ends with.</summary>
    internal Tensor? ReachingEnd => ids?.eq(ids.narrow(-1, Length - 1, 1)).to(Type).unsqueeze(-1).unsqueeze(1);

    /// <summary>A mask laid over a factor that is at least 0; no mask leaves it.</summary>
    internal static Tensor Where(Tensor factor, Tensor? mask) => mask is null ? factor : factor * mask;

    /// <summary>Sums along the tokens of a block (dimension −2) up to and with each.</summary>
    internal static Tensor SumsTo(Tensor g) => g.cumsum(-2);

    /// <summary>Sums along the tokens of a block (dimension −2) after each. Nothing is subtracted: what precedes a token leaves no trace in its bits.</summary>
    internal static Tensor SumsAfter(Tensor g)
    {
        var shifted = cat([g.narrow(-2, 1, g.shape[^2] - 1), zeros_like(g.narrow(-2, 0, 1))], -2);
        return shifted.flip(-2).cumsum(-2).flip(-2);
    }

    /// <summary>The state that enters each chunk, [B,Hkv,N,K,V], and the one that is left: S ← kept · S + added.</summary>
    /// <param name="added">[B,Hkv,N,K,V].</param>
    /// <param name="kept">[B,Hkv,N,·,·], broadcast over the state.</param>
    /// <param name="state">Before the first chunk; null is zero.</param>
    internal static (Tensor Entering, Tensor Last) Scan(Tensor added, Tensor kept, Tensor? state)
    {
        state ??= zeros_like(added.select(2, 0));
        var entering = new List<Tensor>();
        for (var n = 0; n < added.shape[2]; n++)
        {
            entering.Add(state);
            state = (state * kept.select(2, n)) + added.select(2, n);
        }
        return (stack(entering, 2), state);
    }

    private Tensor Padded(Tensor x) => Padding == 0 ? x.to(Type) : nn.functional.pad(x.to(Type), [0, 0, 0, 0, 0, Padding]);

    /// <summary>[B,T] → [B,N,C]; padding continues the last document.</summary>
    private Tensor Numbers(Tensor documents)
    {
        if (Padding > 0)
            documents = cat([documents, documents.narrow(1, documents.shape[1] - 1, 1).expand(-1, Padding)], 1);
        return documents.view(-1, Count, Length);
    }
}
