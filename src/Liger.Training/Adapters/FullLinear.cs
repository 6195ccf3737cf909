using Liger.Models.Graph;
using TorchSharp;
using static TorchSharp.torch;

namespace Liger.Training;

/// <summary>A projection that is trained in full: y = x Wᵀ + b with a weight of its own beside the checkpoint's, which stays what the original computes with.</summary>
internal sealed class FullLinear : Projection
{
    /// <param name="inner">The projection as it was; its bias is used and stays frozen.</param>
    public FullLinear(Linear inner)
    {
        Inner = inner;
        using var grad = torch.no_grad();
        Weight = inner.Weight.detach().clone().DetachFromDisposeScope().requires_grad_();
    }

    /// <summary>The projection as it was.</summary>
    public Linear Inner { get; }

    /// <summary>[O, C], the type of the checkpoint's.</summary>
    public Tensor Weight { get; }

    public override int InFeatures => Inner.InFeatures;

    public override int OutFeatures => Inner.OutFeatures;

    public override Tensor forward(Tensor x) => torch.nn.functional.linear(x, Weight, Inner.Bias);

    public override void Dispose()
    {
        Weight.Dispose();
        Inner.Dispose();
    }
}
