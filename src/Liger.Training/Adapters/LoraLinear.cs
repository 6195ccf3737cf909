using Liger.Models.Graph;
using TorchSharp;
using static TorchSharp.torch;

namespace Liger.Training;

/// <summary>
/// A projection with a low-rank addition: y = base(x) + (alpha / R)·x·Aᵀ·Bᵀ, A [R, C] and B [O, R] in fp32 over a base of any type. With trained
/// lengths m [O] (DoRA) everything but the bias is multiplied by m / |W + (alpha / R)·B·A|, rows' lengths, which count as constant.
/// </summary>
internal sealed class LoraLinear : Projection
{
    private readonly double scale;
    private readonly LoraDropout dropout;
    private readonly int number;
    private Tensor? lengths;

    /// <param name="inner">The projection as it was.</param>
    /// <param name="a">[R, C].</param>
    /// <param name="b">[O, R].</param>
    /// <param name="scale">alpha / R.</param>
    /// <param name="dropout">The adapter's.</param>
    /// <param name="number">Which of the adapter's projections this is.</param>
    /// <param name="dora">Whether rows have trained lengths; they begin with those of the base.</param>
    public LoraLinear(Linear inner, Tensor a, Tensor b, double scale, LoraDropout dropout, int number, bool dora)
    {
        (Inner, A, B, this.scale, this.dropout, this.number) = (inner, a, b, scale, dropout, number);
        Magnitude = dora ? Lengths().DetachFromDisposeScope().requires_grad_() : null;
    }

    /// <summary>The projection as it was.</summary>
    public Linear Inner { get; }

    public Tensor A { get; }

    public Tensor B { get; }

    /// <summary>[O], fp32: DoRA's lengths of rows; null without.</summary>
    public Tensor? Magnitude { get; }

    public override int InFeatures => Inner.InFeatures;

    public override int OutFeatures => Inner.OutFeatures;

    public override Tensor forward(Tensor x)
    {
        using var mask = dropout.Mask(x, number);
        var y = SharedInput.Forward(x, new LowRankMap(Inner, A, B, scale, mask))[0];
        if (Magnitude is null)
            return y;
        using var scope = torch.NewDisposeScope();
        var factor = Magnitude.div(Lengths());
        var scaled = y.to(ScalarType.Float32).mul(factor);
        if (Inner.Bias is { } bias)
            scaled = scaled.add(bias.to(ScalarType.Float32).mul(factor.neg().add(1)));
        y.Dispose();
        return scaled.to(x.dtype).MoveToOuterDisposeScope();
    }

    public override LowRankMap? AsLowRank(Tensor x) => Magnitude is null ? new LowRankMap(Inner, A, B, scale, dropout.Mask(x, number)) : null;

    /// <summary>The weight with the adapter in it, computed in fp32 and rounded once to the type of the base: [O, C].</summary>
    public Tensor Merged()
    {
        using var grad = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        var sum = Sum();
        return (Magnitude is null ? sum : sum.mul(Magnitude.div(Lengths()).unsqueeze(1))).to(Inner.Weight.dtype).MoveToOuterDisposeScope();
    }

    /// <summary>base + (alpha / R)·B·A, fp32 [O, C].</summary>
    private Tensor Sum() => Inner.Weight.to(ScalarType.Float32).addmm(B, A, alpha: (float)scale);

    /// <summary>The lengths of its rows [O], which no gradient flows through; computed once while neither A nor B is trained.</summary>
    private Tensor Lengths()
    {
        if (A.requires_grad || B.requires_grad)
            Forget();
        else if (lengths is not null)
            return lengths.alias();
        using var grad = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        var made = Sum().square().sum(1).sqrt();
        if (!A.requires_grad && !B.requires_grad)
            lengths = made.alias().DetachFromDisposeScope();
        return made.MoveToOuterDisposeScope();
    }

    /// <summary>Has lengths computed anew; to be called where A or B is written while neither is trained.</summary>
    public void Forget()
    {
        lengths?.Dispose();
        lengths = null;
    }

    public override void Dispose()
    {
        Forget();
        A.Dispose();
        B.Dispose();
        Magnitude?.Dispose();
        Inner.Dispose();
    }
}
