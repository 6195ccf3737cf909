using System.Runtime.InteropServices;

namespace Liger.Ops.Cpu;

/// <summary>
/// Every recurrence of this project with a matrix state, in fp32 on the CPU: <see cref="HeadRecurrence"/> for each row and kv head, heads side by side on
/// the cores. For gradients only the states that enter stretches of 64 tokens are kept, K·V/64 numbers a token.
/// </summary>
internal static class CpuRecurrence
{
    /// <summary>Tokens a stretch: its states, K·V numbers each, should stay in the second-level cache.</summary>
    private const int Stretch = 64;

    /// <summary>Fewer state updates than this are not worth a second thread.</summary>
    private const int FewestForThreads = 1 << 16;

    /// <summary>Whether tensors are what this form computes: fp32 in the CPU's memory.</summary>
    internal static bool Takes(Tensor q, Tensor v) => q.dtype != float64 && q.device_type == DeviceType.CPU && v.dtype != float64;

    /// <summary>Any number of tokens; differentiable.</summary>
    /// <param name="q">[B,T,H,K].</param>
    /// <param name="k">[B,T,Hkv,K].</param>
    /// <param name="v">[B,T,Hkv,V].</param>
    /// <param name="g">[B,T,Hkv,·], log-decays.</param>
    /// <param name="side">What g acts on.</param>
    /// <param name="a">[B,T,Hkv,K], with b, or null.</param>
    /// <param name="b">[B,T,Hkv,K].</param>
    /// <param name="state">[B,Hkv,K,V]; null is zero.</param>
    /// <param name="documents">[B,T].</param>
    internal static (Tensor Output, Tensor State) Forward(Tensor q, Tensor k, Tensor v, Tensor g, DecaySide side, Tensor? a = null, Tensor? b = null, Tensor? state = null, Tensor? documents = null)
    {
        using var scope = NewDisposeScope();
        state ??= zeros([k.shape[0], k.shape[2], k.shape[3], v.shape[3]], float32);
        Tensor Flat(Tensor x) => x.to(float32).contiguous();
        var recorded = is_grad_enabled() && new[] { q, k, v, g, a, b, state }.Any(x => x is { requires_grad: true });
        var made = Function.apply(Flat(q), Flat(k), Flat(v), Flat(g.to(float32).exp()), a is null ? null! : Flat(a), b is null ? null! : Flat(b), Flat(state),
            side == DecaySide.Value, Starts(documents)!, recorded);
        return (made[0].MoveToOuterDisposeScope(), made[1].MoveToOuterDisposeScope());
    }

    /// <summary>One token, shapes as in <see cref="Forward"/>; a contiguous state is updated in place. No gradients.</summary>
    internal static Tensor Step(Tensor q, Tensor k, Tensor v, Tensor g, DecaySide side, Tensor state, Tensor? a = null, Tensor? b = null)
    {
        using var mode = no_grad();
        using var scope = NewDisposeScope();
        var (output, last) = Forward(q, k, v, g, side, a, b, state);
        state.copy_(last);
        return output.MoveToOuterDisposeScope();
    }

    /// <summary>For each row and token whether its document differs from the token's before.</summary>
    private static bool[]? Starts(Tensor? documents)
    {
        if (documents is null)
            return null;
        var changed = zeros([documents.shape[0], documents.shape[1]], @bool);
        if (documents.shape[1] > 1)
            changed.narrow(1, 1, documents.shape[1] - 1).copy_(documents.narrow(1, 1, documents.shape[1] - 1).ne(documents.narrow(1, 0, documents.shape[1] - 1)));
        return changed.data<bool>().ToArray();
    }

    private static Span<float> Numbers(Tensor? row) => row is null ? default : MemoryMarshal.Cast<byte, float>(row.bytes);

    /// <summary>Sizes, and the loop over rows and kv heads.</summary>
    private sealed class Shape(Tensor q, Tensor k, Tensor v, Tensor d, bool columns, bool[]? starts)
    {
        private readonly bool[] none = new bool[q.shape[1]];

        internal int Batch { get; } = (int)q.shape[0];

        internal int Tokens { get; } = (int)q.shape[1];

        internal int KvHeads { get; } = (int)k.shape[2];

        internal int Groups { get; } = (int)(q.shape[2] / k.shape[2]);

        internal int Keys { get; } = (int)k.shape[3];

        internal int Values { get; } = (int)v.shape[3];

        internal int Stretches => (Tokens + Stretch - 1) / Stretch;

        private int Decays { get; } = (int)d.shape[3];

        internal HeadRecurrence Machine(bool backward) => new(Keys, Values, Groups, columns, backward ? Stretch : 0);

        internal ReadOnlySpan<bool> StartsOf(int row) => starts is null ? none : starts.AsSpan(row * Tokens, Tokens);

        internal HeadRows Rows(Span<float> of, int head, int width) => of.IsEmpty ? default : new HeadRows(of, head * width, KvHeads * width, width);

        internal HeadTerms Terms(Tensor?[] rows, int head) => new()
        {
            Queries = Rows(Numbers(rows[0]), head, Groups * Keys),
            Keys = Rows(Numbers(rows[1]), head, Keys),
            Values = Rows(Numbers(rows[2]), head, Values),
            Decays = Rows(Numbers(rows[3]), head, Decays),
            Ins = Rows(Numbers(rows[4]), head, Keys),
            Outs = Rows(Numbers(rows[5]), head, Keys),
        };

        /// <summary>Calls for each row and kv head, on several threads where there is enough to do.</summary>
        internal void Each(Action<int, int> work)
        {
            var few = (long)Tokens * Keys * Values < FewestForThreads;
            var options = new ParallelOptions { MaxDegreeOfParallelism = few ? 1 : get_num_threads() };
            if (few || Batch * KvHeads == 1)
            {
                for (var i = 0; i < Batch * KvHeads; i++)
                    work(i / KvHeads, i % KvHeads);
                return;
            }
            System.Threading.Tasks.Parallel.For(0, Batch * KvHeads, options, i => work(i / KvHeads, i % KvHeads));
        }
    }

    /// <summary>The tensors of each batch row as views, made before the threads start: those only read and write memory.</summary>
    private static Tensor?[][] Rows(int batch, params Tensor?[] of) =>
        [.. Enumerable.Range(0, batch).Select(row => of.Select(x => x?.select(0, row)).ToArray())];

    private sealed class Function : autograd.MultiTensorFunction<Function>
    {
        private const int Terms = 6;
        private const string Columns = "columns", DocumentStarts = "starts", RankOne = "rank one";

        public override string Name => nameof(CpuRecurrence);

        public override List<Tensor> forward(autograd.AutogradContext ctx, params object[] vars)
        {
            using var scope = NewDisposeScope();
            var inputs = vars.Take(Terms).Select(x => ((Tensor?)x)?.detach()).ToArray();
            var (columns, starts, recorded) = ((bool)vars[7], (bool[]?)vars[8], (bool)vars[9]);
            var shape = new Shape(inputs[0]!, inputs[1]!, inputs[2]!, inputs[3]!, columns, starts);
            var output = empty([shape.Batch, shape.Tokens, shape.KvHeads * shape.Groups, shape.Values], float32);
            var last = ((Tensor)vars[6]).detach().clone();
            var entering = empty([shape.Batch, shape.KvHeads, recorded ? shape.Stretches : 0, shape.Keys * shape.Values], float32);
            var rows = Rows(shape.Batch, [.. inputs, output, last, entering]);
            shape.Each((row, head) =>
            {
                var terms = shape.Terms(rows[row], head);
                var outputs = shape.Rows(Numbers(rows[row][Terms]), head, shape.Groups * shape.Values);
                using var machine = shape.Machine(backward: false);
                var state = machine.Current;
                var size = shape.Keys * shape.Values;
                var own = Numbers(rows[row][Terms + 1]).Slice(head * size, size);
                var kept = Numbers(rows[row][Terms + 2]);
                machine.Load(own, state);
                var begins = shape.StartsOf(row);
                for (var t = 0; t < shape.Tokens; t++)
                {
                    if (recorded && t % Stretch == 0)
                        machine.Store(state, kept[(((head * shape.Stretches) + (t / Stretch)) * size)..]);
                    if (begins[t])
                        state.Clear();
                    machine.Forward(terms, outputs, t, state);
                }
                machine.Store(state, own);
            });
            if (recorded)
            {
                ctx.save_for_backward([.. vars.Take(Terms).OfType<Tensor>(), entering.MoveToOuterDisposeScope()]);
                ctx.save_data(Columns, columns);
                ctx.save_data(DocumentStarts, starts ?? []);
                ctx.save_data(RankOne, vars[4] is not null);
            }
            return [output.MoveToOuterDisposeScope(), last.MoveToOuterDisposeScope()];
        }

        public override List<Tensor> backward(autograd.AutogradContext ctx, List<Tensor> grad_outputs)
        {
            using var scope = NewDisposeScope();
            var saved = ctx.get_saved_variables();
            var rankOne = (bool)ctx.get_data(RankOne);
            var starts = (bool[])ctx.get_data(DocumentStarts);
            Tensor?[] inputs = [.. saved.Take(4), rankOne ? saved[4] : null, rankOne ? saved[5] : null];
            var shape = new Shape(saved[0], saved[1], saved[2], saved[3], (bool)ctx.get_data(Columns), starts.Length == 0 ? null : starts);
            Tensor?[] made = [.. inputs.Select(x => x is null ? null : empty_like(x))];
            var ofOutput = grad_outputs[0].contiguous();
            var ofState = grad_outputs[1].contiguous().clone();
            var (given, taken) = (Rows(shape.Batch, [.. inputs, ofOutput, ofState, saved[^1]]), Rows(shape.Batch, made));
            shape.Each((row, head) =>
            {
                var terms = shape.Terms(given[row], head);
                var of = shape.Terms(taken[row], head);
                var grads = shape.Rows(Numbers(given[row][Terms]), head, shape.Groups * shape.Values);
                using var machine = shape.Machine(backward: true);
                var state = machine.Current;
                var size = shape.Keys * shape.Values;
                var own = Numbers(given[row][Terms + 1]).Slice(head * size, size);
                var kept = Numbers(given[row][Terms + 2]);
                machine.Load(own, state);
                for (var n = shape.Stretches - 1; n >= 0; n--)
                {
                    var entering = kept.Slice(((head * shape.Stretches) + n) * size, size);
                    var from = n * Stretch;
                    machine.Backward(terms, grads, of, from, Math.Min(Stretch, shape.Tokens - from), entering, shape.StartsOf(row), state);
                }
                machine.Store(state, own);
            });
            return [.. made.Select(x => x?.MoveToOuterDisposeScope()!), ofState.MoveToOuterDisposeScope(), null!, null!, null!];
        }
    }
}
