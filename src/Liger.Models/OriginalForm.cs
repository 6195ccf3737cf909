using Liger.Models.Graph;

namespace Liger.Models;

/// <summary>A time during which a model computes as the original it was made of (<see cref="CausalLM.AsOriginal"/>); ends when it is disposed.</summary>
public sealed class OriginalForm : IDisposable
{
    private readonly IReadOnlyList<DecoderLayer> layers;
    private readonly List<LayerForm> before;

    internal OriginalForm(IReadOnlyList<DecoderLayer> layers, IEnumerable<LayerForm> originals)
    {
        this.layers = layers;
        before = [.. layers.Select(layer => layer.Form)];
        foreach (var (layer, form) in layers.Zip(originals))
            layer.Form = form;
    }

    /// <summary>Gives the model back what it had: its mixers, and what its projections called.</summary>
    public void Dispose()
    {
        foreach (var (layer, form) in layers.Zip(before))
            layer.Form = form;
    }
}
