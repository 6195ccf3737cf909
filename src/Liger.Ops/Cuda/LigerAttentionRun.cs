using Liger.Torch;

namespace Liger.Ops.Cuda;

/// <summary>What of <see cref="LigerAttention"/> is no tensor; null where a branch is missing.</summary>
internal sealed record LigerSettings(Visibility? Visibility, double WindowWeight, RecurrenceGate? Gate, double Divisor, double RecurrenceWeight);

/// <summary>Gradients of one call; null where there is nothing to give.</summary>
internal sealed record LigerGrads(Tensor Queries, Tensor Keys, Tensor Values, Tensor? LogDecay, Tensor? Initial);

/// <summary>The launches of one call of <see cref="LigerAttention"/>, forward or backward, over tensors that live elsewhere.</summary>
internal sealed class LigerAttentionRun
{
    private const int Inputs = 7, Kept = 12;

    private readonly LigerSettings settings;
    private readonly Tensor?[] tensors = new Tensor?[Kept];
    private readonly List<Tensor> made = [];
    private readonly long batch, tokens, heads, kvHeads, dim, chunks;

    /// <param name="settings">The branches.</param>
    /// <param name="given">Queries, keys, values, log-decay, documents, cosines, sines; in backward all of <see cref="Tensors"/>.</param>
    internal LigerAttentionRun(LigerSettings settings, IReadOnlyList<Tensor?> given)
    {
        this.settings = settings;
        for (var i = 0; i < given.Count; i++)
        {
            tensors[i] = i < 3 ? AttentionKernels.Readable(given[i]!) : i is 4 or 5 or 6 ? given[i]?.contiguous() : given[i];
            if (!ReferenceEquals(tensors[i], given[i]))
                made.Add(tensors[i]!);
        }
        var q = Queries.shape;
        (batch, tokens, heads, dim, kvHeads) = (q[0], q[1], q[2], q[3], Keys.shape[2]);
        chunks = AttentionKernels.Chunks(tokens);
    }

    /// <summary>Everything that backward needs, nulls included.</summary>
    internal List<Tensor?> Tensors => [.. tensors];

    /// <summary>What forward has made and keeps.</summary>
    internal IEnumerable<Tensor> Made => made.Concat(tensors[Inputs..].OfType<Tensor>());

    /// <summary>The state after the last token.</summary>
    internal Tensor? Last => tensors[11];

    private Tensor Queries => tensors[0]!;

    private Tensor Keys => tensors[1]!;

    private Tensor Values => tensors[2]!;

    private Tensor Empty(ScalarType type, params long[] shape) => empty(shape, type, Queries.device);

    internal Tensor Forward(Tensor? initial)
    {
        if (settings.Visibility is not null)
            tensors[7] = Empty(float32, batch, heads, tokens);
        if (settings.Gate is not null)
        {
            tensors[8] = Empty(bfloat16, batch, kvHeads, chunks, dim, dim);
            tensors[9] = Empty(float32, batch, kvHeads, chunks, dim);
            tensors[10] = Empty(bfloat16, AttentionKernels.DiagonalShape(batch, kvHeads, chunks, heads / kvHeads));
            tensors[11] = Empty(float32, batch, kvHeads, dim, dim);
        }
        var output = Empty(bfloat16, batch, tokens, heads, dim);
        if (settings.Visibility is not null)
        {
            var p = Window(output);
            AttentionKernels.Window("window_forward", p, batch, dim);
        }
        if (settings.Gate is { } gate)
        {
            using var state = initial?.to(float32).contiguous();
            var p = Recurrence(output) with { Initial = Address(state), Final = Address(Last) };
            foreach (var kernel in new[] { "recurrence_contributions", "recurrence_scan", "recurrence_output" })
                AttentionKernels.Recurrence(kernel, p, gate, batch, dim);
            GC.KeepAlive(state);
        }
        return output;
    }

    internal LigerGrads Backward(Tensor? ofOutput, Tensor? ofLast, bool wantsInitial)
    {
        using var grad = AttentionKernels.Readable((ofOutput ?? zeros_like(Queries)).to(bfloat16));
        var (dq, dk, dv) = (Empty(bfloat16, Queries.shape), Empty(bfloat16, Keys.shape), Empty(bfloat16, Values.shape));
        if (settings.Visibility is not null)
        {
            using var deltas = Empty(float32, batch, heads, tokens);
            var p = Window(grad) with { QueryGrads = new(dq), KeyGrads = new(dk), ValueGrads = new(dv), Deltas = Address(deltas) };
            foreach (var kernel in new[] { "window_backward_queries", "window_backward_keys" })
                AttentionKernels.Window(kernel, p, batch, dim);
            GC.KeepAlive(deltas);
        }
        Tensor? dg = null, dInitial = null;
        if (settings.Gate is { } gate)
        {
            dg = gate == RecurrenceGate.Given ? Empty(float32, Keys.shape) : null;
            dInitial = wantsInitial ? Empty(float32, batch, kvHeads, dim, dim) : null;
            using var stateGrads = empty_like(tensors[8]!);
            using var borders = empty_like(tensors[9]!);
            using var last = ofLast?.to(float32).contiguous();
            var p = Recurrence(grad) with
            {
                QueryGrads = new(dq),
                KeyGrads = new(dk),
                ValueGrads = new(dv),
                DecayGrads = Address(dg),
                Initial = Address(last),
                Final = Address(dInitial),
                Last = last is null ? 0 : Address(Last),
                StateGrads = Address(stateGrads),
                Borders = Address(borders),
            };
            foreach (var kernel in new[] { "recurrence_gradient_contributions", "recurrence_gradient_scan", "recurrence_backward" })
                AttentionKernels.Recurrence(kernel, p, gate, batch, dim);
            GC.KeepAlive(stateGrads);
            GC.KeepAlive(borders);
            GC.KeepAlive(last);
        }
        GC.KeepAlive(grad);
        return new LigerGrads(dq, dk, dv, dg, dInitial);
    }

    private static nint Address(Tensor? tensor) => tensor is null ? 0 : TorchLibrary.Address(tensor);

    /// <param name="output">The output, or in backward its gradient.</param>
    private WindowParameters Window(Tensor output) => new()
    {
        Queries = new(Queries),
        Keys = new(Keys),
        Values = new(Values),
        Output = new(output),
        Cos = Address(tensors[5]),
        Sin = Address(tensors[6]),
        RotaryBatch = tensors[5]!.Dimensions == 2 ? 0 : tensors[5]!.stride()[0],
        Documents = Address(tensors[4]),
        Denominators = Address(tensors[7]),
        Tokens = (int)tokens,
        Heads = (int)heads,
        KvHeads = (int)kvHeads,
        Window = settings.Visibility!.Value.Window!.Value,
        Sinks = settings.Visibility.Value.Sinks,
        Weight = (float)settings.WindowWeight,
    };

    private RecurrenceParameters Recurrence(Tensor output)
    {
        var decay = tensors[3]?.stride();
        return new RecurrenceParameters
        {
            Queries = new(Queries),
            Keys = new(Keys),
            Values = new(Values),
            Output = new(output),
            LogDecay = Address(tensors[3]),
            DecayBatch = decay?[0] ?? 0,
            DecayToken = decay?[1] ?? 0,
            DecayHead = decay?[2] ?? 0,
            DecayChannel = decay?[3] ?? 0,
            Documents = Address(tensors[4]),
            States = Address(tensors[8]),
            Totals = Address(tensors[9]),
            Diagonals = Address(tensors[10]),
            Tokens = (int)tokens,
            Heads = (int)heads,
            KvHeads = (int)kvHeads,
            Chunks = (int)chunks,
            Weight = (float)settings.RecurrenceWeight,
            InverseDivisor = (float)(1 / settings.Divisor),
            // The window's output and gradients are there already.
            Add = settings.Visibility is null ? 0 : 1,
        };
    }
}
