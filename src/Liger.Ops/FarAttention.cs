namespace Liger.Ops;

/// <summary>How much attention keys get once they are out of sight of a window: what a bounded memory should keep.</summary>
public static class FarAttention
{
    /// <summary>Queries met with all keys at a time.</summary>
    private const int Segment = 512;

    /// <summary>
    /// a_j = max over the query heads of j's kv head and over the later queries t of its document that do not see it near, of softmax(q_t·k/√D)_j;
    /// 0 where there is none. Without gradients. Memory: [B,H,512,T] at a time.
    /// </summary>
    /// <param name="q">[B,T,H,D], as the softmax takes them.</param>
    /// <param name="k">[B,T,Hkv,D]; Hkv divides H.</param>
    /// <param name="near">What is in sight.</param>
    /// <param name="positions">[T] or [B,T]: positions inside their document; null: 0 to T−1.</param>
    /// <param name="documents">[B,T] document numbers, −1 for padding; null: every row is one document.</param>
    /// <returns>[B,T,Hkv], fp32 (float64 stays), 0 to 1.</returns>
    /// <exception cref="OpsException">Shapes that do not fit together.</exception>
    public static Tensor Strongest(Tensor q, Tensor k, Visibility near, Tensor? positions = null, Tensor? documents = null)
    {
        Shapes.CheckHeads("far attention", q, k, k);
        using var mode = no_grad();
        using var scope = NewDisposeScope();
        var type = Shapes.Accumulator(q);
        var (tokens, kvHeads) = (k.shape[1], k.shape[2]);
        positions ??= arange(tokens, device: k.device);
        var grouped = Shapes.GroupQueries(q.to(type), kvHeads) * (1 / Math.Sqrt(q.shape[3]));
        var keys = k.to(type).permute(0, 2, 3, 1).unsqueeze(2);
        var strongest = zeros([k.shape[0], kvHeads, tokens], type, k.device);
        for (long from = 0; from < tokens; from += Segment)
        {
            using var inner = NewDisposeScope();
            var count = Math.Min(Segment, tokens - from);
            var (at, of) = (positions.narrow(-1, from, count), documents?.narrow(1, from, count));
            var seen = Wide(default(Visibility).Mask(at, positions, of, documents));
            var far = seen.logical_and(Wide(near.Mask(at, positions, of, documents)).logical_not());
            var weights = grouped.narrow(3, from, count).matmul(keys).masked_fill(seen.logical_not(), double.NegativeInfinity).softmax(-1);
            // A query that sees nothing, as padding does, has no softmax.
            strongest = strongest.maximum(weights.masked_fill(far.logical_not(), 0).amax([2, 3])).MoveToOuterDisposeScope();
        }
        return strongest.transpose(1, 2).MoveToOuterDisposeScope();
    }

    private static Tensor Wide(Tensor mask) => mask.Dimensions == 3 ? mask.unsqueeze(1).unsqueeze(1) : mask;
}
