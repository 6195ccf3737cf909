using Liger.Models.Mixers;
using Liger.Torch;

namespace Liger.Models.Decoding;

/// <summary>
/// One-token steps that are recorded on the GPU once and replayed: hundreds of launches become one. For mixers whose state has a constant
/// size, and rows that are all alike. What was decoded is in the state after <see cref="Dispose"/>; until then the state rests.
/// </summary>
public sealed class RecordedSteps : IDisposable
{
    private readonly CausalLM model;
    private readonly DecodeState state;
    private readonly List<MixerState> states;
    private readonly Tensor ids;
    private readonly Tensor position;
    private Tensor? logits;
    private CudaGraph? graph;

    private RecordedSteps(CausalLM model, DecodeState state, List<MixerState> states)
    {
        (this.model, this.state, this.states) = (model, state, states);
        ids = zeros([state.Batch, 1], int64, model.Device).DetachFromDisposeScope();
        position = full([1], state.Position, int64, model.Device).DetachFromDisposeScope();
    }

    /// <summary>Prepares steps from a state on; null where they cannot be recorded: on a CPU, with unbounded attention, with rows that differ.</summary>
    /// <param name="model">The model.</param>
    /// <param name="state">Has read its prompt.</param>
    public static RecordedSteps? TryStart(CausalLM model, DecodeState state) =>
        model.Device.type == DeviceType.CUDA && CudaGraph.IsSupported ? Start(model, state) : null;

    /// <summary>The same on any device: without a GPU the steps are done one by one.</summary>
    internal static RecordedSteps? Start(CausalLM model, DecodeState state)
    {
        if (state.Ragged || state.Position == 0 || !model.Layers.All(layer => layer.Attention.Mixer is IRecordableMixer { CanRecord: true }))
            return null;
        return new RecordedSteps(model, state, [.. model.Layers.Zip(state.Layers).Select(p => ((IRecordableMixer)p.First.Attention.Mixer).Recordable(p.Second))]);
    }

    /// <summary>Appends one token to every row.</summary>
    /// <param name="next">[B,1] int64.</param>
    /// <returns>Logits [B,V], valid until the next step.</returns>
    public Tensor Step(Tensor next)
    {
        ids.copy_(next);
        state.Advance(1);
        if (graph is not null)
        {
            graph.Replay();
            return logits!;
        }
        var first = logits is null;
        logits?.Dispose();
        // The first step sets up what libraries keep, which must not happen while recording; the second is recorded and then done.
        if (first || model.Device.type != DeviceType.CUDA)
        {
            Work();
            return logits!;
        }
        graph = CudaGraph.Record(Work);
        graph.Replay();
        return logits!;
    }

    /// <summary>Brings the state up to date and frees the recording.</summary>
    public void Dispose()
    {
        graph?.Dispose();
        logits?.Dispose();
        for (var i = 0; i < states.Count; i++)
            ((IRecordableMixer)model.Layers[i].Attention.Mixer).Return(states[i], state.Layers[i], state.Position);
        ids.Dispose();
        position.Dispose();
    }

    private void Work()
    {
        using var mode = no_grad();
        logits = model.Next(ids, position, states).DetachFromDisposeScope();
        position.add_(1);
    }
}
