using Liger.Models.Graph;
using TorchSharp;
using static TorchSharp.torch;

namespace Liger.Training;

/// <summary>A projection with a low-rank addition: y = base(x) + (alpha / R)·x·Aᵀ·Bᵀ, A [R, C] and B [O, R] in fp32 over a base of any type.</summary>
internal sealed class LoraLinear : Projection
{
    private readonly double scale;
    private readonly LoraDropout dropout;
    private readonly int number;

    /// <param name="inner">The projection as it was.</param>
    /// <param name="a">[R, C].</param>
    /// <param name="b">[O, R].</param>
    /// <param name="scale">alpha / R.</param>
    /// <param name="dropout">The adapter's.</param>
    /// <param name="number">Which of the adapter's projections this is.</param>
    public LoraLinear(Linear inner, Tensor a, Tensor b, double scale, LoraDropout dropout, int number)
    {
        (Inner, A, B, this.scale, this.dropout, this.number) = (inner, a, b, scale, dropout, number);
    }

    /// <summary>The projection as it was.</summary>
    public Linear Inner { get; }

    public Tensor A { get; }

    public Tensor B { get; }

    public override int InFeatures => Inner.InFeatures;

    public override int OutFeatures => Inner.OutFeatures;

    public override Tensor forward(Tensor x)
    {
        using var mask = dropout.Mask(x, number);
        return LoraFunction.apply(x, A, B, mask!, Inner, scale);
    }

    /// <summary>base + (alpha / R)·B·A, computed in fp32 and rounded once to the type of the base: [O, C].</summary>
    public Tensor Merged()
    {
        using var grad = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        return Inner.Weight.to(ScalarType.Float32).addmm(B, A, alpha: (float)scale).to(Inner.Weight.dtype).MoveToOuterDisposeScope();
    }

    public override void Dispose()
    {
        A.Dispose();
        B.Dispose();
        Inner.Dispose();
    }
}
