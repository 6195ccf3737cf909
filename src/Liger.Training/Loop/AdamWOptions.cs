namespace Liger.Training;

/// <summary>AdamW with decoupled weight decay; all of its arithmetic and its moments are fp32.</summary>
/// <remarks>Source: Loshchilov and Hutter, "Decoupled Weight Decay Regularization"; the defaults are torch's.</remarks>
public sealed record AdamWOptions
{
    /// <summary>Decay of the mean of the gradient, 0 to below 1. Default 0.9.</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>Decay of the mean of the squared gradient, 0 to below 1. Default 0.999.</summary>
    public double Beta2 { get; init; } = 0.999;

    /// <summary>Added to the denominator, above 0. Default 1e-8.</summary>
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>Share of the rate by which weights shrink each step, 0 to 1. Default 0.01.</summary>
    public double WeightDecay { get; init; } = 0.01;

    /// <summary>Whether parameters of one dimension (norms, biases) shrink as well. Default false.</summary>
    public bool DecayVectors { get; init; }

    /// <summary>What is wrong with these values, one sentence each; empty when nothing is.</summary>
    public IEnumerable<string> Problems()
    {
        if (!(Beta1 is >= 0 and < 1)) yield return $"beta1: expected 0 to below 1, got {Beta1}";
        if (!(Beta2 is >= 0 and < 1)) yield return $"beta2: expected 0 to below 1, got {Beta2}";
        if (!(Epsilon > 0)) yield return $"epsilon: expected above 0, got {Epsilon}";
        if (!(WeightDecay is >= 0 and <= 1)) yield return $"weight decay: expected 0 to 1, got {WeightDecay}";
    }
}
