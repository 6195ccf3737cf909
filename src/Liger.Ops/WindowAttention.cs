namespace Liger.Ops;

/// <summary>
/// Softmax attention over a sliding window and the first tokens ("sinks", Xiao et al. 2023, arXiv 2309.17453), in blocks of the
/// window's length: time and memory grow with T · W instead of T². The naive form is <see cref="SoftmaxAttention"/> with the
/// mask of <see cref="Visibility"/>.
/// </summary>
public static class WindowAttention
{
    /// <summary>
    /// Windows in a sequence below which all pairs but those above the diagonal are met: they make larger products, and of them only the weights
    /// are kept. On a CPU both take as long at about six.
    /// </summary>
    private const int FewestBlocks = 6;

    /// <param name="q">[B,T,H,D], turned.</param>
    /// <param name="k">[B,T,Hkv,D], turned.</param>
    /// <param name="v">[B,T,Hkv,Dv].</param>
    /// <param name="visibility">Window (at least 1) and sinks.</param>
    /// <param name="positions">[B,T] positions inside each document; null: 0 … T−1.</param>
    /// <param name="documents">[B,T] document numbers; null: every row is one document.</param>
    /// <returns>[B,T,H,Dv].</returns>
    /// <exception cref="OpsException">Shapes that do not fit together, or no window.</exception>
    public static Tensor Forward(Tensor q, Tensor k, Tensor v, Visibility visibility, Tensor? positions = null, Tensor? documents = null)
    {
        Shapes.CheckHeads("window attention", q, k, v);
        if (visibility.Window is not { } window || window < 1)
            throw new OpsException($"window attention: window — expected at least 1, got {visibility.Window}.");
        using var scope = NewDisposeScope();
        var tokens = q.shape[1];
        positions ??= arange(tokens, device: q.device);
        // Sinks of packed documents differ from token to token and stay with the mask.
        if (tokens <= (long)FewestBlocks * window || (documents is not null && visibility.Sinks > 0))
            return CausalAttention.Forward(q, k, v, visibility.Mask(positions, positions, documents, documents)).MoveToOuterDisposeScope();
        return Blocks(q, k, v, visibility, window, positions, documents).MoveToOuterDisposeScope();
    }

    private static Tensor Blocks(Tensor q, Tensor k, Tensor v, Visibility visibility, int window, Tensor positions, Tensor? documents)
    {
        long batch = q.shape[0], tokens = q.shape[1], kvHeads = k.shape[2], dim = q.shape[3], valueDim = v.shape[3];
        var groups = q.shape[2] / kvHeads;
        var blocks = (tokens + window - 1) / window;
        var padding = (blocks * window) - tokens;

        // [B,Hkv,N,R·W,D] queries against [B,Hkv,N,2W,D] keys: the block before and the block itself.
        var queries = PadTokens(q, padding).unflatten(1, blocks, window).unflatten(3, kvHeads, groups)
            .permute(0, 3, 1, 4, 2, 5).reshape(batch, kvHeads, blocks, groups * window, dim) * (1 / Math.Sqrt(dim));
        var keys = WithBlockBefore(k, padding, blocks, window);
        var scores = queries.matmul(keys.mT).view(batch, kvHeads, blocks, groups, window, 2 * window);
        var near = BlockMask(visibility with { Sinks = 0 }, blocks, window, padding, positions, documents);
        scores = scores.masked_fill_(near.logical_not().unsqueeze(-3), double.NegativeInfinity);
        var values = WithBlockBefore(v, padding, blocks, window);

        if (visibility.Sinks == 0)
        {
            var weights = SoftmaxAttention.Weights(scores, q.dtype);
            return Unblock(weights.flatten(3, 4).matmul(values), batch, kvHeads, groups, blocks, window, valueDim, tokens);
        }

        var sinks = Math.Min(visibility.Sinks, tokens);
        var sinkKeys = k.narrow(1, 0, sinks).permute(0, 2, 3, 1).unsqueeze(2);
        var sinkValues = v.narrow(1, 0, sinks).permute(0, 2, 1, 3).unsqueeze(2);
        var sinkScores = queries.matmul(sinkKeys).view(batch, kvHeads, blocks, groups, window, sinks);
        // A sink counts once: through the window while it is inside, as a sink afterwards.
        var outside = arange(blocks * window, device: q.device).view(blocks, 1, window, 1).sub(arange(sinks, device: q.device)).ge(window);
        sinkScores = sinkScores.masked_fill_(outside.logical_not(), double.NegativeInfinity);
        var all = SoftmaxAttention.Weights(cat([scores, sinkScores], -1), q.dtype).flatten(3, 4);
        var mixed = all.narrow(-1, 0, 2 * window).matmul(values) + all.narrow(-1, 2 * window, sinks).matmul(sinkValues);
        return Unblock(mixed, batch, kvHeads, groups, blocks, window, valueDim, tokens);
    }

    /// <summary>[B,T,Hkv,D] → [B,Hkv,N,2W,D]: each block after the one before it; the first follows zeros, which the mask hides.</summary>
    private static Tensor WithBlockBefore(Tensor x, long padding, long blocks, int window)
    {
        var padded = nn.functional.pad(x, [0, 0, 0, 0, window, padding]);
        return padded.unfold(1, 2 * window, window).permute(0, 2, 1, 4, 3);
    }

    private static Tensor PadTokens(Tensor x, long padding) => padding == 0 ? x : nn.functional.pad(x, [0, 0, 0, 0, 0, padding]);

    /// <summary>[N,W,2W] or [B,1,N,W,2W], true where visible. Padded queries see themselves, so that no row is empty.</summary>
    private static Tensor BlockMask(Visibility visibility, long blocks, int window, long padding, Tensor positions, Tensor? documents)
    {
        var device = positions.device;
        if (documents is null)
        {
            var distance = arange(window, device: device).unsqueeze(1) - arange(-window, window, device: device);
            var pattern = distance.ge(0).logical_and(distance.lt(visibility.Window!.Value));
            var first = arange(blocks, device: device).view(-1, 1, 1).gt(0).logical_or(arange(2 * window, device: device).ge(window));
            return pattern.logical_and(first);
        }
        const long hidden = -2, padded = -3;
        var batch = documents.shape[0];
        if (positions.Dimensions == 1)
            positions = positions.unsqueeze(0).expand(batch, -1);
        Tensor Before(Tensor x, long left, long right) => cat([full([batch, window], left, int64, device), x, full([batch, padding], right, int64, device)], 1)
            .unfold(1, 2 * window, window);
        var keyDocuments = Before(documents, hidden, padded);
        // Positions of padding keep counting, so that each padded query still sees itself.
        var tail = cat([positions, arange(padding, device: device).unsqueeze(0).expand(batch, -1)], 1);
        var keyPositions = cat([full([batch, window], 0, int64, device), tail], 1).unfold(1, 2 * window, window);
        var mask = visibility.Mask(keyPositions.narrow(-1, window, window), keyPositions, keyDocuments.narrow(-1, window, window), keyDocuments);
        return mask.unsqueeze(1);
    }

    private static Tensor Unblock(Tensor mixed, long batch, long kvHeads, long groups, long blocks, int window, long valueDim, long tokens) =>
        mixed.view(batch, kvHeads, blocks, groups, window, valueDim).permute(0, 2, 4, 1, 3, 5)
            .reshape(batch, blocks * window, kvHeads * groups, valueDim).narrow(1, 0, tokens);
}
