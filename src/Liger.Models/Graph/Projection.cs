namespace Liger.Models.Graph;

/// <summary>A linear map of the last dimension: what an adapter wraps.</summary>
public abstract class Projection : IDisposable
{
    /// <summary>Size of the last dimension that goes in.</summary>
    public abstract int InFeatures { get; }

    /// <summary>Size of the last dimension that comes out.</summary>
    public abstract int OutFeatures { get; }

    /// <summary>Maps [B,T,InFeatures] (any number of leading dimensions) to [B,T,OutFeatures].</summary>
    public abstract Tensor forward(Tensor x);

    /// <summary>What it is where it is a frozen map with an addition of low rank; null: something else.</summary>
    /// <param name="x">What it is given.</param>
    public virtual LowRankMap? AsLowRank(Tensor x) => null;

    /// <inheritdoc/>
    public abstract void Dispose();

    /// <summary>What several projections make of the same input; on a GPU where gradients are wanted, as one operation.</summary>
    /// <param name="x">[B,T,InFeatures].</param>
    /// <param name="projections">At least one.</param>
    internal static IReadOnlyList<Tensor> Apply(Tensor x, params Projection[] projections)
    {
        if (!x.is_cuda || !is_grad_enabled())
            return [.. projections.Select(p => p.forward(x))];
        var maps = projections.Select(p => p.AsLowRank(x)).OfType<LowRankMap>().ToList();
        try
        {
            return maps.Count == projections.Length ? SharedInput.Forward(x, maps) : [.. projections.Select(p => p.forward(x))];
        }
        finally
        {
            foreach (var map in maps)
                map.Mask?.Dispose();
        }
    }
}

/// <summary>y = x Wᵀ + b with weights from a checkpoint.</summary>
public sealed class Linear : Projection
{
    /// <summary>Multiplications up to which OpenBLAS takes its path for small matrices (100³).</summary>
    private const long SmallProduct = 1_000_000;

    /// <param name="weight">[OutFeatures,InFeatures]; taken over.</param>
    /// <param name="bias">[OutFeatures] or null; taken over.</param>
    public Linear(Tensor weight, Tensor? bias = null)
    {
        (OutFeatures, InFeatures) = ((int)weight.shape[0], (int)weight.shape[1]);
        Weight = Frozen(weight);
        Bias = bias is null ? null : Frozen(bias);
    }

    /// <summary>[OutFeatures,InFeatures].</summary>
    public Parameter Weight { get; }

    /// <summary>[OutFeatures], or null.</summary>
    public Parameter? Bias { get; }

    /// <inheritdoc/>
    public override int InFeatures { get; }

    /// <inheritdoc/>
    public override int OutFeatures { get; }

    /// <inheritdoc/>
    public override Tensor forward(Tensor x) => Bias is null ? Product(x, Weight) : nn.functional.linear(x, Weight, Bias);

    /// <inheritdoc/>
    public override LowRankMap? AsLowRank(Tensor x) => Weight.requires_grad || Bias is { requires_grad: true } ? null : new LowRankMap(this);

    /// <inheritdoc/>
    public override void Dispose()
    {
        Weight.Dispose();
        Bias?.Dispose();
    }

    /// <summary>x Wᵀ. In fp32 on a CPU, one row times a large matrix goes as matrix by vector, which is over three times faster there.</summary>
    /// <param name="x">[…,C].</param>
    /// <param name="weight">[O,C].</param>
    internal static Tensor Product(Tensor x, Tensor weight) =>
        !is_grad_enabled() && x.numel() == weight.shape[1] && weight.numel() > SmallProduct && x.dtype == float32 && x.device_type == DeviceType.CPU
            ? weight.mv(x.reshape(-1)).view([.. x.shape[..^1], -1])
            : nn.functional.linear(x, weight);

    /// <summary>A parameter that no one trains yet and that its holder disposes.</summary>
    internal static Parameter Frozen(Tensor tensor)
    {
        var parameter = new Parameter(tensor, requires_grad: false);
        parameter.DetachFromDisposeScope();
        return parameter;
    }
}
