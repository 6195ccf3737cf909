using System.Buffers;
using System.Runtime.CompilerServices;

namespace Liger.Ops.Cpu;

/// <summary>
/// The recurrence S_t = (diag(d_t) + a_t b_tᵀ) S_{t−1} + k_t v_tᵀ (or S_{t−1} diag(d_t) + k_t v_tᵀ), o_t = S_tᵀ q_t of one kv head, token by token with the
/// state in the first-level cache: 2·K·V·(1 + R) floating-point operations forward, where products of matrices of the same arithmetic pass through
/// memory. Backward walks the tokens in reverse with dS_{t−1} = (diag(d_t) + b_t a_tᵀ) dS_t and the states of a stretch of tokens at hand.
/// Rows of the state are padded to whole registers; padding stays zero.
/// </summary>
internal sealed class HeadRecurrence : IDisposable
{
    /// <summary>Tokens between asking for a row and needing it.</summary>
    private const int Ahead = 4;

    private readonly int keys, values, groups, width, size;
    private readonly bool columns;
    private readonly float[] zero, value, decay, output, seen, grads, ofSeen, ofValue, ofDecay;
    private readonly float[] states, seens, current;

    /// <param name="keys">K.</param>
    /// <param name="values">V.</param>
    /// <param name="groups">R.</param>
    /// <param name="columns">Whether decays act on the columns of the state.</param>
    /// <param name="stretch">Tokens whose states are kept at a time in backward; 0 for forward alone.</param>
    internal HeadRecurrence(int keys, int values, int groups, bool columns, int stretch)
    {
        (this.keys, this.values, this.groups, this.columns) = (keys, values, groups, columns);
        width = Lanes.Padded(values);
        size = keys * width;
        float[] Row() => new float[width];
        (value, decay, output, seen, ofSeen, ofValue, ofDecay) = (Row(), Row(), Row(), Row(), Row(), Row(), Row());
        (zero, grads) = (new float[stretch > 0 ? size : 0], new float[groups * width]);
        // Borrowed: new memory would have to be cleared, touched for the first time and collected for every token that is decoded.
        states = ArrayPool<float>.Shared.Rent(stretch > 0 ? (stretch + 1) * size : 0);
        current = ArrayPool<float>.Shared.Rent(size);
        seens = new float[stretch * width];
    }

    /// <summary>The padded state that tokens move on, or its gradient in backward.</summary>
    internal Span<float> Current => current.AsSpan(0, size);

    /// <summary>[K,V] → padded.</summary>
    internal void Load(ReadOnlySpan<float> from, Span<float> state)
    {
        if (width > values)
            state.Clear();
        for (var i = 0; i < keys; i++)
            from.Slice(i * values, values).CopyTo(state[(i * width)..]);
    }

    /// <summary>Padded → [K,V].</summary>
    internal void Store(ReadOnlySpan<float> state, Span<float> to)
    {
        for (var i = 0; i < keys; i++)
            state.Slice(i * width, values).CopyTo(to[(i * values)..]);
    }

    /// <summary>One token: the state moves on, the query heads read it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal void Forward(in HeadTerms terms, HeadRows outputs, int t, Span<float> state)
    {
        terms.Fetch(t + Ahead);
        outputs.Fetch(t + Ahead);
        Advance(terms, t, state, state, seen);
        var q = terms.Queries[t];
        var o = outputs[t];
        for (var r = 0; r < groups; r++)
        {
            Lanes.Combine(output, q.Slice(r * keys, keys), state);
            output.AsSpan(0, values).CopyTo(o[(r * values)..]);
        }
    }

    /// <summary>A stretch of tokens in reverse.</summary>
    /// <param name="terms">The inputs.</param>
    /// <param name="ofOutputs">Gradients of the outputs.</param>
    /// <param name="of">Takes the gradients of the inputs.</param>
    /// <param name="from">The stretch's first token.</param>
    /// <param name="count">Its tokens.</param>
    /// <param name="entering">[K,V], the state before it.</param>
    /// <param name="starts">Whether each token of the row starts a document.</param>
    /// <param name="ofState">Gradient of the padded state after the stretch; becomes that before it.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal void Backward(in HeadTerms terms, HeadRows ofOutputs, in HeadTerms of, int from, int count, ReadOnlySpan<float> entering, ReadOnlySpan<bool> starts, Span<float> ofState)
    {
        Load(entering, State(0));
        for (var i = 0; i < count; i++)
        {
            terms.Fetch(from + i + Ahead);
            Advance(terms, from + i, Before(i, starts[from + i]), State(i + 1), Seen(i));
        }
        for (var i = count - 1; i >= 0; i--)
        {
            ofOutputs.Fetch(from + i - Ahead);
            of.Fetch(from + i - Ahead);
            Reverse(terms, ofOutputs[from + i], of, from + i, Before(i, starts[from + i]), State(i + 1), Seen(i), ofState);
            if (starts[from + i])
                ofState.Clear();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        ArrayPool<float>.Shared.Return(states);
        ArrayPool<float>.Shared.Return(current);
    }

    private Span<float> State(int i) => states.AsSpan(i * size, size);

    private Span<float> Before(int i, bool starts) => starts ? zero : State(i);

    private Span<float> Seen(int i) => seens.AsSpan(i * width, width);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Advance(in HeadTerms terms, int t, ReadOnlySpan<float> before, Span<float> after, Span<float> z)
    {
        var k = terms.Keys[t];
        var d = terms.Decays[t];
        terms.Values[t].CopyTo(value);
        var rankOne = terms.Ins.Exists;
        if (rankOne)
            Lanes.Combine(z, terms.Outs[t], before);
        if (columns)
            Spread(d);
        for (var i = 0; i < keys; i++)
        {
            var row = after.Slice(i * width, width);
            var old = before.Slice(i * width, width);
            if (columns)
                Lanes.Fade(row, decay, old, k[i], value);
            else
                Lanes.Fade(row, d[d.Length == 1 ? 0 : i], old, k[i], value);
        }
        if (rankOne)
        {
            var a = terms.Ins[t];
            for (var i = 0; i < keys; i++)
                Lanes.Add(after.Slice(i * width, width), a[i], z);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Reverse(in HeadTerms terms, ReadOnlySpan<float> ofOutput, in HeadTerms of, int t, ReadOnlySpan<float> before, ReadOnlySpan<float> after, ReadOnlySpan<float> z, Span<float> ofState)
    {
        var q = terms.Queries[t];
        var k = terms.Keys[t];
        var d = terms.Decays[t];
        var dq = of.Queries[t];
        var dk = of.Keys[t];
        var dd = of.Decays[t];
        var rankOne = terms.Ins.Exists;
        terms.Values[t].CopyTo(value);
        for (var r = 0; r < groups; r++)
            ofOutput.Slice(r * values, values).CopyTo(grads.AsSpan(r * width));
        dd.Clear();
        Array.Clear(ofDecay);
        if (columns)
            Spread(d);
        for (var i = 0; i < keys; i++)
        {
            var row = ofState.Slice(i * width, width);
            var now = after.Slice(i * width, width);
            var old = before.Slice(i * width, width);
            for (var r = 0; r < groups; r++)
            {
                var grad = grads.AsSpan(r * width, width);
                dq[(r * keys) + i] = Lanes.Dot(now, grad);
                Lanes.Add(row, q[(r * keys) + i], grad);
            }
            dk[i] = Lanes.Dot(row, value);
            if (columns)
                Lanes.AddProducts(ofDecay, old, row);
            else
                dd[d.Length == 1 ? 0 : i] += Lanes.Dot(old, row);
        }
        if (columns)
            Gather(dd);
        Lanes.Combine(ofValue, k, ofState);
        ofValue.AsSpan(0, values).CopyTo(of.Values[t]);
        if (rankOne)
            ReverseRankOne(terms, of, t, before, z, ofState);
        for (var i = 0; i < keys; i++)
        {
            var row = ofState.Slice(i * width, width);
            var back = rankOne ? terms.Outs[t][i] : 0;
            if (columns)
                Lanes.Fade(row, decay, row, back, ofSeen);
            else
                Lanes.Fade(row, d[d.Length == 1 ? 0 : i], row, back, ofSeen);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ReverseRankOne(in HeadTerms terms, in HeadTerms of, int t, ReadOnlySpan<float> before, ReadOnlySpan<float> z, ReadOnlySpan<float> ofState)
    {
        var da = of.Ins[t];
        var db = of.Outs[t];
        Lanes.Combine(ofSeen, terms.Ins[t], ofState);
        for (var i = 0; i < keys; i++)
        {
            da[i] = Lanes.Dot(ofState.Slice(i * width, width), z);
            db[i] = Lanes.Dot(before.Slice(i * width, width), ofSeen);
        }
    }

    /// <summary>Decays of the columns, one for all or one each.</summary>
    private void Spread(ReadOnlySpan<float> d)
    {
        if (d.Length == 1)
            decay.AsSpan(0, values).Fill(d[0]);
        else
            d.CopyTo(decay);
    }

    private void Gather(Span<float> dd)
    {
        if (dd.Length > 1)
        {
            ofDecay.AsSpan(0, values).CopyTo(dd);
            return;
        }
        foreach (var part in ofDecay)
            dd[0] += part;
    }
}
