namespace Liger.Ops;

/// <summary>
/// Products of the queries and keys of a chunk under decays, without growing exponents: pairs meet at doubling distances, blocks of 1, 2, 4 …
/// tokens with their right-hand neighbour, decays summed up from the key to the end of its block and from there to the query.
/// </summary>
internal static class DecayedProducts
{
    /// <summary>Blocks of fewer tokens are multiplied element by element: a call for a product of matrices would cost more than the product.</summary>
    private const int SmallestProduct = 4;

    /// <summary>P_ij = Σ_d q_id k_jd e^{g_{j+1,d} + … + g_id} for j ≤ i, 0 above.</summary>
    /// <param name="q">[…,C,R,K].</param>
    /// <param name="k">[…,C,K].</param>
    /// <param name="g">[…,C,K], at most 0.</param>
    /// <returns>[…,C,R,C].</returns>
    internal static Tensor Scores(Tensor q, Tensor k, Tensor g)
    {
        var length = k.shape[^2];
        // [...,P,h,R,h]: the blocks on the diagonal.
        var blocks = (q * k.unsqueeze(-2)).sum(-1, keepdim: true).unsqueeze(-3);
        for (long half = 1; half < length; half *= 2)
        {
            var (after, before) = Decays(g, half);
            var scores = Product((Half(q, -3, half, 1) * after.unsqueeze(-2)).flatten(-3, -2), Half(k, -2, half, 0) * before)
                .unflatten(-2, half, q.shape[^2]);
            var pairs = blocks.unflatten(-4, -1, 2);
            var (first, second) = (pairs.select(-4, 0), pairs.select(-4, 1));
            blocks = cat([cat([first, zeros_like(first)], -1), cat([scores, second], -1)], -3);
        }
        return blocks.squeeze(-4);
    }

    /// <summary><see cref="Scores"/> for one decay a token: P_ij = (q_iᵀ k_j) e^{g_{j+1} + … + g_i} for j ≤ i.</summary>
    /// <param name="q">[…,C,R,K].</param>
    /// <param name="k">[…,C,K].</param>
    /// <param name="g">[…,C,1], at most 0.</param>
    /// <returns>[…,C,R,C].</returns>
    internal static Tensor ScalarScores(Tensor q, Tensor k, Tensor g) =>
        q.flatten(-3, -2).matmul(k.mT).unflatten(-2, k.shape[^2], q.shape[^2]) * PairDecays(g).unsqueeze(-2);

    /// <summary>D_ij = e^{g_{j+1} + … + g_i} for j ≤ i, 0 above.</summary>
    /// <param name="g">[…,C,1], at most 0.</param>
    /// <returns>[…,C,C].</returns>
    internal static Tensor PairDecays(Tensor g)
    {
        // Row j sums up what follows token j, so that every sum starts at its own key.
        var length = g.shape[^2];
        var following = g.mT.expand([.. g.shape.SkipLast(2), length, length]).triu(1);
        return following.cumsum(-1).exp().triu().mT;
    }

    /// <summary>(I + A)⁻¹ of strictly lower triangular A, [C,C] the last dimensions: the blocks on the diagonal double, X₂₁ = −X₂₂ A₂₁ X₁₁.</summary>
    internal static Tensor UnitLowerInverse(Tensor a)
    {
        var length = a.shape[^1];
        var blocks = ones_like(a.narrow(-1, 0, 1)).unsqueeze(-1);
        for (long half = 1; half < length; half *= 2)
        {
            var below = PairBlocks(a.unsqueeze(-2), half).squeeze(-2);
            var pairs = blocks.unflatten(-3, -1, 2);
            var (first, second) = (pairs.select(-3, 0), pairs.select(-3, 1));
            var left = Product(Product(second, below.mT), first.mT).neg();
            blocks = cat([cat([first, zeros_like(first)], -1), cat([left, second], -1)], -2);
        }
        return blocks.squeeze(-3);
    }

    /// <summary>o_i = Σ_{j ≤ i} (q_iᵀ k_j) v_j ⊙ e^{g_{j+1} + … + g_i}: decays on the value channels.</summary>
    /// <param name="q">[…,C,R,K].</param>
    /// <param name="k">[…,C,K].</param>
    /// <param name="v">[…,C,V].</param>
    /// <param name="g">[…,C,V], at most 0.</param>
    /// <param name="together">[…,C,C], 0 or 1 for each pair; null: 1.</param>
    /// <returns>[…,C,R,V].</returns>
    internal static Tensor Mixed(Tensor q, Tensor k, Tensor v, Tensor g, Tensor? together)
    {
        var (length, groups) = (k.shape[^2], q.shape[^2]);
        // [...,C·R,C]
        var all = q.flatten(-3, -2).matmul(k.mT).unflatten(-2, length, groups);
        all = together is null ? all : all * together.unsqueeze(-2);
        var diagonal = (q * k.unsqueeze(-2)).sum(-1, keepdim: true);
        var result = diagonal * v.unsqueeze(-2);
        for (long half = 1; half < length; half *= 2)
        {
            var (after, before) = Decays(g, half);
            var scores = PairBlocks(all, half);
            var values = Half(v, -2, half, 0) * before;
            var part = Product(scores.flatten(-3, -2), values.mT).unflatten(-2, half, groups) * after.unsqueeze(-2);
            result = stack([Half(result, -3, half, 0), Half(result, -3, half, 1) + part], -4).flatten(-5, -3);
        }
        return result;
    }

    /// <summary>For queries the decay since the end of the block before, for keys the decay to the end of their block.</summary>
    private static (Tensor After, Tensor Before) Decays(Tensor g, long half) =>
        (Chunks.SumsTo(Half(g, -2, half, 1)).exp(), Chunks.SumsAfter(Half(g, -2, half, 0)).exp());

    /// <summary>The first or second block of every pair of neighbours: […,C,…] → […,P,h,…].</summary>
    private static Tensor Half(Tensor x, int dim, long half, int part) => x.unflatten(dim, -1, 2, half).select(dim - 1, part);

    /// <summary>The scores of each pair's second block with its first: […,C,R,C] → […,P,h,R,h].</summary>
    private static Tensor PairBlocks(Tensor all, long half)
    {
        // [...,P,2,h,R,P,2,h]: second queries, first keys, both of the same pair.
        var blocks = all.unflatten(-3, -1, 2, half).unflatten(-1, -1, 2, half);
        return blocks.select(-6, 1).select(-2, 0).diagonal(0, -5, -2).permute(Last(all.Dimensions));
    }

    /// <summary>The order that brings the last of four trailing dimensions to their front.</summary>
    private static long[] Last(long dimensions)
    {
        var leading = dimensions - 3;
        return [.. Enumerable.Range(0, (int)leading).Select(i => (long)i), leading + 3, leading, leading + 1, leading + 2];
    }

    /// <summary>[…,m,K] against […,n,K] → […,m,n].</summary>
    private static Tensor Product(Tensor queries, Tensor keys) => keys.shape[^1] < SmallestProduct || keys.shape[^2] < SmallestProduct
        ? (queries.unsqueeze(-2) * keys.unsqueeze(-3)).sum(-1)
        : queries.matmul(keys.mT);
}
