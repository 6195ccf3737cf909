using Liger.Checkpoints;
using Liger.Ops;

namespace Liger.Models.Graph;

/// <summary>The gated feed-forward of the Llama family: down(silu(gate(x)) · up(x)) (Shazeer 2020, arXiv 2002.05202).</summary>
public sealed class FeedForward : IDisposable
{
    private readonly ProjectionSlot gate;
    private readonly ProjectionSlot up;
    private readonly ProjectionSlot down;

    internal FeedForward(HfConfig config, int layer, WeightSource weights)
    {
        var name = $"model.layers.{layer}.mlp";
        var at = weights.In("mlp");
        gate = new ProjectionSlot(name, "gate_proj", at, config.IntermediateSize, config.HiddenSize, config.MlpBias);
        up = new ProjectionSlot(name, "up_proj", at, config.IntermediateSize, config.HiddenSize, config.MlpBias);
        down = new ProjectionSlot(name, "down_proj", at, config.HiddenSize, config.IntermediateSize, config.MlpBias);
    }

    internal IEnumerable<ProjectionSlot> Slots => [gate, up, down];

    /// <summary>The last map where nothing wraps or trains it: its gradient needs its weight alone; null elsewhere.</summary>
    internal Linear? FrozenDown => down.Value is Linear { Weight.requires_grad: false, Bias: null or { requires_grad: false } } linear ? linear : null;

    /// <summary>The gated product: [B,T,C] → [B,T,F].</summary>
    internal Tensor Inner(Tensor x) => SwiGlu.Forward(gate.Value.forward(x), up.Value.forward(x));

    /// <summary>The last map: [B,T,F] → [B,T,C].</summary>
    internal Tensor Down(Tensor inner) => down.Value.forward(inner);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var slot in Slots)
            slot.Base.Dispose();
    }
}
