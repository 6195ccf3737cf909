using Liger.Checkpoints;
using Liger.Models.Graph;
using Liger.Ops;

namespace Liger.Models.Mixers;

/// <summary>The sizes a mixer works with.</summary>
/// <param name="Heads">H query heads.</param>
/// <param name="KvHeads">Hkv key and value heads; divides H.</param>
/// <param name="HeadDim">D.</param>
/// <param name="SlidingWindow">The base layer's own window in tokens, the current one counted; null is none.</param>
public sealed record MixerShape(int Heads, int KvHeads, int HeadDim, int? SlidingWindow = null)
{
    /// <summary>The first kv head's place in its layer, where a mixer serves only some of them: decays that are fixed by head depend on it.</summary>
    public int FirstKvHead { get; init; }

    /// <summary>Kv heads of the whole layer.</summary>
    public int LayerKvHeads { get; init; } = KvHeads;

    /// <summary>The sizes of one layer of a checkpoint.</summary>
    public static MixerShape Of(HfConfig config, int layer) =>
        new(config.NumAttentionHeads, config.NumKeyValueHeads, config.HeadDim, config.WindowOf(layer));

    /// <summary>Some of the kv heads, with the query heads that share them.</summary>
    internal MixerShape Part(int first, int count) => this with { Heads = Heads / KvHeads * count, KvHeads = count, FirstKvHead = FirstKvHead + first };
}

/// <summary>What a mixer is handed: the projections of one layer for T tokens, before rotary embedding.</summary>
/// <param name="Queries">[B,T,H,D].</param>
/// <param name="Keys">[B,T,Hkv,D].</param>
/// <param name="Values">[B,T,Hkv,D].</param>
/// <param name="Rotary">Cosines and sines for the tokens' positions.</param>
/// <param name="Layout">Document boundaries and padding; null: every row is one document.</param>
/// <exception cref="ModelException">Shapes that do not fit together.</exception>
public sealed record MixerInput(Tensor Queries, Tensor Keys, Tensor Values, RotaryTable Rotary, SequenceLayout? Layout = null)
{
    /// <summary>[B,T,Hkv,D].</summary>
    public Tensor Keys { get; init; } = Fitting(Queries, Keys);

    /// <summary>[B,T,Hkv,D].</summary>
    public Tensor Values { get; init; } = Expect("values", Values.shape.SequenceEqual(Keys.shape), $"[{string.Join(",", Keys.shape)}]", Values);

    /// <summary>Whether <see cref="LigerAttention"/> has kernels for this, with a window or without. Padding and silent tokens, which leave a recurrence as it is, have none.</summary>
    internal bool HasKernels(Visibility? window) =>
        Silent is null && Layout is not { MayPad: true } && LigerAttention.HasKernels(Queries, Keys, Values, window is { } visibility ? Window(visibility) : null, Layout?.Documents);

    /// <summary>A window over these tokens as <see cref="LigerAttention"/> computes it.</summary>
    internal WindowBranch Window(Visibility visibility) => new(visibility, Rotary.Cos, Rotary.Sin);

    /// <summary>Window, recurrence or both as one operation.</summary>
    internal (Tensor Output, Tensor? State) Attend(WindowBranch? window, RecurrenceBranch? recurrence)
    {
        using var scope = NewDisposeScope();
        var (output, state) = LigerAttention.Forward(Queries, Keys, Values, window, recurrence, Layout?.Documents);
        return (output.MoveToOuterDisposeScope(), state?.MoveToOuterDisposeScope());
    }

    /// <summary>[1 or B,T]: tokens whose keys and values a recurrence neither writes nor lets anything fade by; null is none.</summary>
    internal Tensor? Silent { get; init; }

    private static Tensor Fitting(Tensor queries, Tensor keys)
    {
        long[] q = queries.shape, k = keys.shape;
        Expect("queries", q.Length == 4, "[B,T,H,D]", queries);
        Expect("keys", k.Length == 4 && k[0] == q[0] && k[1] == q[1] && k[3] == q[3], $"[{q[0]},{q[1]},Hkv,{q[3]}]", keys);
        Expect("queries", q[2] % k[2] == 0, $"a multiple of {k[2]} heads", queries);
        return keys;
    }

    private static Tensor Expect(string name, bool holds, string expected, Tensor got) =>
        holds ? got : throw new ModelException($"mixer: {name} — expected {expected}, got [{string.Join(",", got.shape)}].");
}

/// <summary>
/// Mixes information between tokens of one layer: softmax attention or what takes its place. Stateless between calls; what decoding
/// remembers is in a <see cref="MixerState"/>. The parallel form and any sequence of extensions give the same outputs.
/// </summary>
public abstract class TokenMixer
{
    /// <summary>What it adds to the checkpoint, by name below "self_attn.mixer"; most mixers add nothing.</summary>
    public virtual IEnumerable<(string Name, MixerParameter Parameter)> Parameters => [];

    /// <summary>All tokens at once.</summary>
    /// <returns>[B,T,H,D], differentiable.</returns>
    public abstract Tensor Parallel(MixerInput input);

    /// <summary>The memory of an empty sequence.</summary>
    /// <param name="batch">B.</param>
    /// <param name="dtype">The model's dtype: that of cached keys and values. Recurrent states are fp32.</param>
    /// <param name="device">Where it lies.</param>
    public abstract MixerState NewState(int batch, ScalarType dtype, Device device);

    /// <summary>Appends T ≥ 1 tokens to what the state remembers.</summary>
    /// <returns>[B,T,H,D].</returns>
    public abstract Tensor Extend(MixerInput input, MixerState state);

    /// <summary>What can be seen of its work on these tokens, kv head by kv head; computed for the purpose, beside the forms that are run.</summary>
    public virtual IReadOnlyList<HeadView> Look(MixerInput input) => HeadView.Split(input.Keys.shape[2], null);

    /// <summary>How it judges keys by a learned score, for each run of kv heads that has one; most mixers have none.</summary>
    /// <param name="input">The projections of T tokens.</param>
    public virtual IReadOnlyList<ScoredKeys> ScoreKeys(MixerInput input) => [];

    /// <summary>Its learned scores, each with the first of the kv heads that it is of.</summary>
    internal virtual IEnumerable<(int KvHead, KeyScore Score)> Scores => [];

    /// <summary>Bytes that decoding one sequence keeps in this layer after a number of tokens.</summary>
    /// <param name="tokens">Tokens seen.</param>
    /// <param name="elementSize">Bytes of one cached key or value number.</param>
    public abstract long StateBytes(long tokens, int elementSize);
}
