using Liger.Checkpoints;
using Liger.Models.Mixers;
using Liger.Ops;

namespace Liger.Models.Graph;

/// <summary>
/// Projects to queries, keys and values, splits them into heads, lets the mixer work between tokens and projects back. The same for every
/// mixer, so adapters and checkpoint names are too.
/// </summary>
public sealed class Attention : IDisposable
{
    private readonly HfConfig config;
    private readonly Parameter? queryNorm;
    private readonly Parameter? keyNorm;
    private readonly string name;

    internal Attention(HfConfig config, int layer, TokenMixer mixer, WeightSource weights)
    {
        (this.config, Mixer) = (config, mixer);
        name = $"model.layers.{layer}.self_attn";
        var at = weights.In("self_attn");
        long hidden = config.HiddenSize, dim = config.HeadDim, queries = config.NumAttentionHeads * dim, keys = config.NumKeyValueHeads * dim;
        Query = new ProjectionSlot(name, "q_proj", at, queries, hidden, config.QkvBias);
        Key = new ProjectionSlot(name, "k_proj", at, keys, hidden, config.QkvBias);
        Value = new ProjectionSlot(name, "v_proj", at, keys, hidden, config.QkvBias);
        Output = new ProjectionSlot(name, "o_proj", at, hidden, queries, config.OutputBias);
        if (config.QkNorm)
        {
            queryNorm = Linear.Frozen(at.Get("q_norm.weight", [dim]));
            keyNorm = Linear.Frozen(at.Get("k_norm.weight", [dim]));
        }
    }

    /// <summary>What mixes information between tokens.</summary>
    public TokenMixer Mixer { get; internal set; }

    /// <summary>Called with what the mixer is handed, before it works; <see cref="MixerWatch"/> comes and goes.</summary>
    internal Action<MixerInput>? Probe { get; set; }

    /// <summary>hidden → H·D.</summary>
    public ProjectionSlot Query { get; }

    /// <summary>hidden → Hkv·D.</summary>
    public ProjectionSlot Key { get; }

    /// <summary>hidden → Hkv·D.</summary>
    public ProjectionSlot Value { get; }

    /// <summary>H·D → hidden.</summary>
    public ProjectionSlot Output { get; }

    /// <summary>[B,T,C] → [B,T,C], all tokens at once or appended to a state.</summary>
    /// <param name="x">[B,T,C].</param>
    /// <param name="rotary">Cosines and sines of the tokens.</param>
    /// <param name="layout">Documents and padding.</param>
    /// <param name="state">What is extended; null: all tokens at once.</param>
    /// <param name="recorded">[1]: the token's position where the state is a recordable one.</param>
    internal Tensor forward(Tensor x, RotaryTable rotary, SequenceLayout? layout, MixerState? state, Tensor? recorded = null)
    {
        var projected = Projection.Apply(x, Query.Value, Key.Value, Value.Value);
        var input = new MixerInput(Normed(Split(projected[0]), queryNorm), Normed(Split(projected[1]), keyNorm), Split(projected[2]), rotary, layout);
        Probe?.Invoke(input);
        var mixed = state is null ? Mixer.Parallel(input)
            : recorded is null ? Mixer.Extend(input, state)
            : ((IRecordableMixer)Mixer).Next(input, state, recorded);
        return Output.Value.forward(mixed.flatten(2, 3));
    }

    internal IEnumerable<ProjectionSlot> Slots => [Query, Key, Value, Output];

    internal IEnumerable<(string Name, Parameter Weight)> Norms =>
        queryNorm is null ? [] : [($"{name}.q_norm.weight", queryNorm), ($"{name}.k_norm.weight", keyNorm!)];

    /// <inheritdoc/>
    public void Dispose()
    {
        queryNorm?.Dispose();
        keyNorm?.Dispose();
        foreach (var slot in Slots)
            slot.Base.Dispose();
    }

    private Tensor Split(Tensor projected) => projected.unflatten(-1, -1, config.HeadDim);

    // Differs: published Liger-Qwen3 drops these norms, so that even its window differs from the original; both branches get normed heads here.
    private Tensor Normed(Tensor heads, Parameter? weight) => weight is null ? heads : RmsNorm.Forward(heads, weight, config.RmsNormEps);
}
