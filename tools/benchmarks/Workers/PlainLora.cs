using Liger.Models.Graph;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Liger.Bench.Workers;

/// <summary>LoRA out of plain operations.</summary>
internal sealed class PlainLora(Projection inner, Tensor a, Tensor b, double scale) : Projection
{
    internal Parameter A { get; } = new(a.to(float32));

    internal Parameter B { get; } = new(b.to(float32));

    /// <inheritdoc/>
    public override int InFeatures => inner.InFeatures;

    /// <inheritdoc/>
    public override int OutFeatures => inner.OutFeatures;

    /// <inheritdoc/>
    public override Tensor forward(Tensor x)
    {
        var y = inner.forward(x);
        return (y + (nn.functional.linear(nn.functional.linear(x.to(float32), A), B) * scale)).to(y.dtype);
    }

    /// <inheritdoc/>
    public override void Dispose() => inner.Dispose();
}
