using Liger.Checkpoints;
using Liger.Models.Graph;
using Liger.Models.Mixers;
using Liger.Ops;

namespace Liger.Models;

/// <summary>
/// The decoder-only graph of the Llama family with any token mixer: embedding, pre-norm layers, final norm, head. Weights are frozen
/// until someone trains them.
/// </summary>
public sealed class CausalLM : IDisposable
{
    private readonly Parameter embedding;
    private readonly Parameter norm;
    private readonly Parameter? untiedHead;
    private readonly Tensor frequencies;
    private MixerSet mixers;
    private List<LayerForm>? originals;

    private CausalLM(HfConfig config, MixerSet mixers, WeightSource weights)
    {
        (Config, this.mixers) = (config, mixers);
        embedding = Linear.Frozen(weights.In("model.embed_tokens").Get("weight", [config.VocabSize, config.HiddenSize]));
        var layers = new List<DecoderLayer>();
        for (var i = 0; i < config.NumHiddenLayers; i++)
            layers.Add(new DecoderLayer(config, i, mixers.Layers[i], weights.In($"model.layers.{i}")));
        Layers = layers;
        norm = Linear.Frozen(weights.In("model.norm").Get("weight", [config.HiddenSize]));
        untiedHead = config.TieWordEmbeddings ? null : Linear.Frozen(weights.In("lm_head").Get("weight", [config.VocabSize, config.HiddenSize]));
        frequencies = tensor(RotaryFrequencies.Of(config.Rope, config.HeadDim), device: embedding.device).DetachFromDisposeScope();
        Projections = [.. layers.SelectMany(l => l.Slots)];
    }

    /// <summary>The checkpoint's architecture.</summary>
    public HfConfig Config { get; }

    /// <summary>Every kv head of every layer.</summary>
    public IEnumerable<MixerPlace> KvHeads =>
        Enumerable.Range(0, Layers.Count).SelectMany(layer => Enumerable.Range(0, Config.NumKeyValueHeads).Select(head => new MixerPlace(layer, head)));

    /// <summary>Which mixer works where.</summary>
    public MixerPlan Plan => mixers.Plan;

    /// <summary>
    /// The mixers of all layers, with their declared parameters. Exchanging them changes what the same weights compute; the model disposes
    /// those it has at its end, and whoever exchanges them disposes the others.
    /// </summary>
    /// <exception cref="ModelException">They were made for a model of another size.</exception>
    public MixerSet Mixers
    {
        get => mixers;
        set
        {
            if (value.Layers.Count != Layers.Count)
                throw new ModelException($"mixers: expected {Layers.Count} layers, as the model has, got {value.Layers.Count}. Make them with this model.");
            mixers = value;
            foreach (var (layer, mixer) in Layers.Zip(value.Layers))
                layer.Attention.Mixer = mixer;
        }
    }

    /// <summary>The layers, first to last.</summary>
    public IReadOnlyList<DecoderLayer> Layers { get; }

    /// <summary>Every linear map inside the layers, by full name: what adapters wrap.</summary>
    public IReadOnlyList<ProjectionSlot> Projections { get; }

    /// <summary>The dtype of weights and activations.</summary>
    public ScalarType Dtype => embedding.dtype;

    /// <summary>Where the weights lie.</summary>
    public Device Device => embedding.device;

    /// <summary>[V,C]: the head's weight; the embedding where they are tied.</summary>
    public Parameter Head => untiedHead ?? embedding;

    /// <summary>All weights of the base model under Hugging Face's names. A tied head appears once, as the embedding.</summary>
    public IEnumerable<(string Name, Parameter Weight)> Parameters =>
    [
        ("model.embed_tokens.weight", embedding),
        .. Layers.SelectMany(l => l.Parameters),
        ("model.norm.weight", norm),
        .. untiedHead is null ? Array.Empty<(string, Parameter)>() : [("lm_head.weight", untiedHead)],
    ];

    /// <summary>Called with a name and the tensor after the embedding, each layer and the final norm: to find where values go wrong.</summary>
    public Action<string, Tensor>? Probe { get; set; }

    /// <summary>
    /// Whether training keeps only every layer's input and computes the layer again in the backward pass (activation checkpointing):
    /// a third more work, a fraction of the memory. Default false.
    /// </summary>
    public bool RecomputeLayers { get; set; }

    /// <summary>Reads a checkpoint with the mixer that its config.json names.</summary>
    /// <param name="folder">The checkpoint.</param>
    /// <param name="dtype">Dtype of weights and activations; null: the checkpoint's own (fp32 for fp16, which a CPU cannot multiply).</param>
    /// <param name="device">Where the weights go; null is the CPU.</param>
    /// <param name="mixer">Other mixers than the checkpoint names, with the initial values of what they declare; null keeps the checkpoint's.</param>
    /// <exception cref="CheckpointException">A tensor is missing, has another shape, or nobody uses it.</exception>
    /// <exception cref="ModelException">No such mixer, or options that do not fit.</exception>
    public static CausalLM Load(CheckpointFolder folder, ScalarType? dtype = null, Device? device = null, MixerPlan? mixer = null)
    {
        var stored = folder.Info("model.embed_tokens.weight").Dtype;
        var wanted = dtype ?? (stored == float16 ? float32 : stored);
        var weights = new FileWeights(folder, wanted, device);
        var model = mixer is null ? Build(folder.Config, MixerPlan.Of(folder.Config), weights) : Fresh(folder.Config, mixer, weights);
        var unused = weights.Unused().Where(name => mixer is null || !MixerSet.IsParameter(name)).ToList();
        if (unused is [var first, ..])
        {
            model.Dispose();
            throw new CheckpointException(
                $"{unused.Count} tensors have no place in a {folder.Config.ModelType} model, the first is '{first}' — expected none. Check config.json.", folder.Path, first);
        }
        return model;
    }

    /// <summary>Builds the graph from any source of weights.</summary>
    /// <exception cref="CheckpointException">A tensor is missing or has another shape.</exception>
    /// <exception cref="ModelException">No such mixer, or options that do not fit.</exception>
    public static CausalLM Build(HfConfig config, MixerPlan mixer, WeightSource weights)
    {
        var mixers = MixerSet.Create(config, mixer);
        mixers.Take(weights);
        return new CausalLM(config, mixers, weights);
    }

    /// <summary>Makes mixers for this model's weights, with the initial values of what they declare. The model keeps those it has.</summary>
    /// <exception cref="ModelException">No such mixer, options that do not fit, or a place that the model does not have.</exception>
    public MixerSet NewMixers(MixerPlan plan)
    {
        var made = MixerSet.Create(Config, plan);
        made.Initialise(Device);
        return made;
    }

    /// <summary>
    /// Lets the model compute as the original it was made of until the result is disposed: the checkpoint's own projections, adapters off, and
    /// softmax in every layer. The same weights in memory serve both; what adapters and mixers declare stays untouched.
    /// </summary>
    public OriginalForm AsOriginal() => new(Layers, Originals);

    /// <summary>Shows what every mixer is handed, before it works, until the result is disposed: to look at gates, mixtures and scores.</summary>
    /// <param name="look">Called with the layer's number and the projections; several may look at once.</param>
    public MixerWatch Watch(Action<int, MixerInput> look) => new(Layers, look);

    /// <summary>
    /// Runs the original over tokens and, in every layer, this model's attention beside it on the original's own input of that layer. Only the
    /// latter is recorded, so that gradients stay inside their layer.
    /// </summary>
    /// <param name="ids">[B,T] int64.</param>
    /// <param name="layout">Document boundaries and padding; null: every row is one document.</param>
    /// <param name="compare">
    /// Told of each layer, first to last: its number, the original's attention output and this model's, [B,T,C] after the output projection.
    /// Both are disposed afterwards.
    /// </param>
    public void BesideOriginal(Tensor ids, SequenceLayout? layout, Action<int, Tensor, Tensor> compare)
    {
        using var scope = NewDisposeScope();
        var (x, rotary) = Begin(ids, layout?.Positions ?? arange(ids.shape[1], device: Device));
        for (var i = 0; i < Layers.Count; i++)
        {
            using var layer = NewDisposeScope();
            var (original, own, output) = Layers[i].Beside(Originals[i], x, rotary, layout);
            compare(i, original, own);
            x.Dispose();
            x = output.MoveToOuterDisposeScope();
        }
    }

    /// <summary>The states after the final norm; differentiable.</summary>
    /// <param name="ids">[B,T] int64.</param>
    /// <param name="layout">Document boundaries and padding; null: every row is one document.</param>
    /// <returns>[B,T,C].</returns>
    public Tensor Hidden(Tensor ids, SequenceLayout? layout = null)
    {
        using var scope = NewDisposeScope();
        var positions = layout?.Positions ?? arange(ids.shape[1], device: Device);
        return Run(ids, positions, layout, states: null).MoveToOuterDisposeScope();
    }

    /// <summary>What enters the first layer.</summary>
    /// <param name="ids">[B,T] int64.</param>
    /// <returns>[B,T,C].</returns>
    public Tensor Embed(Tensor ids) => embedding.index_select(0, ids.flatten()).view(ids.shape[0], ids.shape[1], -1);

    /// <summary>One layer over rows that are one document each.</summary>
    /// <param name="entering">[B,T,C], what enters it.</param>
    /// <param name="layer">Its number.</param>
    /// <returns>[B,T,C], what enters the next one.</returns>
    public Tensor Through(Tensor entering, int layer)
    {
        using var scope = NewDisposeScope();
        return Layers[layer].forward(entering, Turn(arange(entering.shape[1], device: Device)), null, null).MoveToOuterDisposeScope();
    }

    /// <summary>The states after the final norm, from what enters a layer on, of rows that are one document each.</summary>
    /// <param name="entering">[B,T,C].</param>
    /// <param name="layer">The layer that it enters.</param>
    /// <returns>[B,T,C].</returns>
    public Tensor HiddenFrom(Tensor entering, int layer)
    {
        using var scope = NewDisposeScope();
        var (x, rotary) = (entering, Turn(arange(entering.shape[1], device: Device)));
        for (var i = layer; i < Layers.Count; i++)
        {
            using var inner = NewDisposeScope();
            var before = x;
            x = Layers[i].forward(before, rotary, null, null).MoveToOuterDisposeScope();
            if (i > layer)
                before.Dispose();
        }
        return RmsNorm.Forward(x, norm, Config.RmsNormEps).MoveToOuterDisposeScope();
    }

    /// <summary>[…,C] → […,V].</summary>
    public Tensor Logits(Tensor hidden) => Linear.Product(hidden, Head);

    /// <summary>[B,T] → logits [B,T,V].</summary>
    public Tensor forward(Tensor ids, SequenceLayout? layout = null)
    {
        using var scope = NewDisposeScope();
        return Logits(Hidden(ids, layout)).MoveToOuterDisposeScope();
    }

    /// <summary>The memory of sequences that have not begun.</summary>
    /// <param name="batch">B.</param>
    public DecodeState NewState(int batch) => new(batch, [.. Layers.Select(l => l.Attention.Mixer.NewState(batch, Dtype, Device))]);

    /// <summary>Appends tokens to what a state remembers.</summary>
    /// <param name="ids">[B,T] int64, T ≥ 1.</param>
    /// <param name="state">From <see cref="NewState"/>; moves on.</param>
    /// <param name="layout">
    /// Padding and document starts, counted from this call on: document 0 goes on where the row stands, a higher one begins anew. Null: every
    /// row gets T tokens more. Rows of different lengths may be padded on either side.
    /// </param>
    /// <returns>Logits after each row's last token that is no padding, [B,V].</returns>
    /// <exception cref="ModelException">Another batch than the state's.</exception>
    public Tensor Step(Tensor ids, DecodeState state, SequenceLayout? layout = null)
    {
        if (ids.shape[0] != state.Batch)
            throw new ModelException($"step: ids — expected {state.Batch} rows, as the state has, got {ids.shape[0]}.");
        using var scope = NewDisposeScope();
        var (tokens, from) = (ids.shape[1], state.Position);
        if (state.Advance(tokens, layout, Device) is not ({ } absolute, { } last))
            return Logits(Run(ids, arange(from, from + tokens, device: Device), layout: null, state.Layers).select(1, tokens - 1)).MoveToOuterDisposeScope();
        using (absolute)
        {
            var hidden = Run(ids, absolute.Positions, absolute, state.Layers);
            var places = torch.tensor([.. last.Select((t, row) => (row * tokens) + t)], device: Device);
            return Logits(hidden.flatten(0, 1).index_select(0, places)).MoveToOuterDisposeScope();
        }
    }

    /// <summary>One token in every row, by states in their recordable form (<see cref="IRecordableMixer"/>).</summary>
    /// <param name="ids">[B,1].</param>
    /// <param name="position">[1].</param>
    /// <param name="states">One a layer.</param>
    /// <returns>[B,V].</returns>
    internal Tensor Next(Tensor ids, Tensor position, IReadOnlyList<MixerState> states)
    {
        using var scope = NewDisposeScope();
        return Logits(Run(ids, position, layout: null, states, position).select(1, 0)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var (_, weight) in Parameters)
            weight.Dispose();
        mixers.Dispose();
        frequencies.Dispose();
    }

    // Softmax declares no parameters: nothing of these mixers has to be disposed.
    private List<LayerForm> Originals => originals ??=
        [.. Layers.Zip(MixerSet.Create(Config, MixerSpec.Softmax).Layers, (layer, mixer) => new LayerForm(mixer, [.. layer.Slots.Select(slot => slot.Base)]))];

    private static CausalLM Fresh(HfConfig config, MixerPlan plan, WeightSource weights)
    {
        var mixers = MixerSet.Create(config, plan);
        mixers.Initialise(weights.Device);
        return new CausalLM(config, mixers, weights);
    }

    private Tensor Run(Tensor ids, Tensor positions, SequenceLayout? layout, IReadOnlyList<MixerState>? states, Tensor? recorded = null)
    {
        var (x, rotary) = Begin(ids, positions);
        Probe?.Invoke("model.embed_tokens", x);
        using var anchor = RecomputeLayers && states is null && is_grad_enabled() ? zeros([], float32, Device).requires_grad_() : null;
        for (var i = 0; i < Layers.Count; i++)
        {
            var before = x;
            var layer = Layers[i];
            x = anchor is null
                ? layer.forward(before, rotary, layout, states?[i], recorded)
                : RecomputedLayer.Run(layer, before, rotary, layout, anchor);
            before.Dispose();
            Probe?.Invoke($"model.layers.{i}", x);
        }
        var normed = RmsNorm.Forward(x, norm, Config.RmsNormEps);
        Probe?.Invoke("model.norm", normed);
        return normed;
    }

    private (Tensor Embedded, RotaryTable Rotary) Begin(Tensor ids, Tensor positions) => (Embed(ids), Turn(positions));

    private RotaryTable Turn(Tensor positions)
    {
        var (cos, sin) = Rotary.Table(frequencies, positions, Dtype);
        return new RotaryTable(cos, sin);
    }
}
