namespace Liger.Ops;

/// <summary>
/// <see cref="SoftmaxAttention"/> in which no token sees a later one: the products above the diagonal are mostly left out, and of the
/// forward pass only the weights below it are kept. Queries are taken in blocks, each against the keys up to its own end.
/// With P the weights of a block, o = P·v and dp = do·vᵀ: dv = Pᵀ·do, ds = P ∘ (dp − rowsum(do ∘ o)), dq = ds·k/√D, dk = dsᵀ·q/√D.
/// </summary>
public static class CausalAttention
{
    /// <summary>Blocks of a sequence: 4 leave out 3/8 of the products; more leave out little more and make each less efficient.</summary>
    private const long Blocks = 4;

    /// <summary>Tokens below which a block is not cut further.</summary>
    private const long SmallestBlock = 32;

    /// <param name="q">[B,T,H,D], turned.</param>
    /// <param name="k">[B,T,Hkv,D], turned; Hkv divides H.</param>
    /// <param name="v">[B,T,Hkv,Dv].</param>
    /// <param name="visible">[T,T], [B,T,T] or [B,Hkv,T,T], false above the diagonal and true on it; null: true everywhere else.</param>
    /// <returns>[B,T,H,Dv] in the dtype of q.</returns>
    /// <exception cref="OpsException">Shapes that do not fit together, or fewer keys than queries.</exception>
    public static Tensor Forward(Tensor q, Tensor k, Tensor v, Tensor? visible = null)
    {
        Shapes.CheckHeads("causal attention", q, k, v);
        if (q.shape[1] != k.shape[1])
            throw new OpsException($"causal attention: k — expected {q.shape[1]} tokens, as q has, got {k.shape[1]}.");
        return q.is_cuda ? FusedAttention.Forward(q, k, v, visible) : Function.apply(q, k, v, visible!);
    }

    /// <summary>First token and length of every block.</summary>
    private static IEnumerable<(long From, long Count)> BlocksOf(long tokens)
    {
        var length = Math.Max(SmallestBlock, (tokens + Blocks - 1) / Blocks);
        for (long from = 0; from < tokens; from += length)
            yield return (from, Math.Min(length, tokens - from));
    }

    private sealed class Function : autograd.SingleTensorFunction<Function>
    {
        private const string KvHeads = "kv heads";

        public override string Name => nameof(CausalAttention);

        public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
        {
            using var scope = NewDisposeScope();
            var (q, visible) = ((Tensor)vars[0], (Tensor?)vars[3]);
            long batch = q.shape[0], tokens = q.shape[1], kvHeads = ((Tensor)vars[1]).shape[2], groups = q.shape[2] / kvHeads;
            var queries = Heads(q * (1 / Math.Sqrt(q.shape[3])), kvHeads);
            var (keys, values) = (Heads((Tensor)vars[1], kvHeads), Heads((Tensor)vars[2], kvHeads));
            List<Tensor> outputs = [], saved = [];
            foreach (var (from, count) in BlocksOf(tokens))
            {
                var end = from + count;
                using var scores = queries.narrow(1, from * groups, count * groups).bmm(keys.narrow(1, 0, end).mT);
                Hide(scores.view(batch, kvHeads, count, groups, end), visible?.narrow(-2, from, count).narrow(-1, 0, end), from);
                var weights = SoftmaxAttention.Weights(scores, q.dtype);
                outputs.Add(weights.bmm(values.narrow(1, 0, end)));
                saved.Add(weights);
            }
            var output = cat(outputs, 1);
            ctx.save_for_backward([queries.MoveToOuterDisposeScope(), keys.MoveToOuterDisposeScope(), values.MoveToOuterDisposeScope(),
                output.MoveToOuterDisposeScope(), .. saved.Select(w => w.MoveToOuterDisposeScope())]);
            ctx.save_data(KvHeads, kvHeads);
            return Tokens(output, batch, kvHeads, groups).MoveToOuterDisposeScope();
        }

        public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
        {
            using var scope = NewDisposeScope();
            var kvHeads = (long)ctx.get_data(KvHeads);
            long batch = grad_output.shape[0], tokens = grad_output.shape[1], groups = grad_output.shape[2] / kvHeads;
            var saved = ctx.get_saved_variables();
            var (queries, keys, values, output) = (saved[0], saved[1], saved[2], saved[3]);
            var grads = Heads(grad_output, kvHeads);
            var shared = (grads * output).sum(-1, keepdim: true);
            var (ofKeys, ofValues) = (zeros_like(keys), zeros_like(values));
            var ofQueries = new List<Tensor>();
            var block = 0;
            foreach (var (from, count) in BlocksOf(tokens))
            {
                using var inner = NewDisposeScope();
                var (end, weights) = (from + count, saved[4 + block++]);
                Tensor Rows(Tensor x) => x.narrow(1, from * groups, count * groups);
                var grad = Rows(grads);
                ofValues.narrow(1, 0, end).add_(weights.mT.bmm(grad));
                var ofScores = grad.bmm(values.narrow(1, 0, end).mT).sub_(Rows(shared)).mul_(weights);
                ofKeys.narrow(1, 0, end).add_(ofScores.mT.bmm(Rows(queries)));
                ofQueries.Add(ofScores.bmm(keys.narrow(1, 0, end)).MoveToOuterDisposeScope());
            }
            var q = cat(ofQueries, 1).mul_(1 / Math.Sqrt(queries.shape[2]));
            return [Tokens(q, batch, kvHeads, groups).MoveToOuterDisposeScope(), Tokens(ofKeys, batch, kvHeads, 1).MoveToOuterDisposeScope(),
                Tokens(ofValues, batch, kvHeads, 1).MoveToOuterDisposeScope(), null!];
        }

        /// <summary>Scores [B,Hkv,Tq,R,Tk] of what may not be seen become −∞.</summary>
        private static void Hide(Tensor scores, Tensor? visible, long from)
        {
            if (visible is not null)
            {
                var hidden = visible.logical_not().unsqueeze(-2);
                scores.masked_fill_(hidden.Dimensions == 4 ? hidden.unsqueeze(1) : hidden, double.NegativeInfinity);
                return;
            }
            // Only the block's own keys can be later ones. Adding is several times faster than filling by a mask.
            var count = scores.shape[2];
            var later = full([count, count], double.NegativeInfinity, scores.dtype, scores.device).triu(1);
            scores.narrow(-1, from, count).add_(later.unsqueeze(1));
        }

        /// <summary>[B,T,Hkv·R,D] → [B·Hkv,T·R,D].</summary>
        private static Tensor Heads(Tensor x, long kvHeads)
        {
            var shape = x.shape;
            return x.view(shape[0], shape[1], kvHeads, -1, shape[3]).permute(0, 2, 1, 3, 4).reshape(shape[0] * kvHeads, -1, shape[3]);
        }

        /// <summary>[B·Hkv,T·R,D] → [B,T,Hkv·R,D].</summary>
        private static Tensor Tokens(Tensor x, long batch, long kvHeads, long groups) =>
            x.view(batch, kvHeads, -1, groups, x.shape[2]).permute(0, 2, 1, 3, 4).flatten(2, 3);
    }
}
