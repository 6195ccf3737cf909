namespace Liger.Models.Mixers;

/// <summary>What queries and keys go through before they meet in the recurrent state.</summary>
public enum FeatureMapKind
{
    /// <summary>softmax over the channels of a head: Liger's choice.</summary>
    Softmax,

    /// <summary>As they are.</summary>
    Identity,

    /// <summary>x / √(Σx² + ε).</summary>
    L2Norm,

    /// <summary>max(x, 0).</summary>
    Relu,

    /// <summary>elu(x) + 1: x + 1 above zero, eˣ below (Katharopoulos et al. 2020, arXiv 2006.16236).</summary>
    Elu,
}

/// <summary>A feature map φ on the channels of a head.</summary>
/// <param name="kind">Which.</param>
public sealed class FeatureMap(FeatureMapKind kind)
{
    /// <summary>ε of the L2 norm: a head of zeros stays zero.</summary>
    private const double NormEpsilon = 1e-6;

    /// <summary>[…,D] → […,Width(D)] in fp32 (float64 stays).</summary>
    public Tensor Apply(Tensor x)
    {
        var wide = x.to(RecurrentMixer.Accumulator(x));
        return kind switch
        {
            FeatureMapKind.Softmax => wide.softmax(-1),
            FeatureMapKind.L2Norm => wide * (wide.square().sum(-1, keepdim: true) + NormEpsilon).rsqrt(),
            FeatureMapKind.Relu => wide.relu(),
            FeatureMapKind.Elu => nn.functional.elu(wide, 1) + 1,
            _ => wide,
        };
    }

    /// <summary>Features of a head.</summary>
    /// <param name="headDim">D.</param>
    public long Width(long headDim) => headDim;
}

/// <summary>Options of mixers with a feature map.</summary>
public record FeatureMapOptions
{
    /// <summary>Softmax by default.</summary>
    [OptionMeaning("feature map of queries and keys; elu is elu + 1")]
    public FeatureMapKind FeatureMap { get; init; }
}

/// <summary>Options of mixers that take queries and keys as they are by default.</summary>
public record IdentityMapOptions : FeatureMapOptions
{
    /// <summary>The identity.</summary>
    public IdentityMapOptions() => FeatureMap = FeatureMapKind.Identity;
}

/// <summary>Whether the recurrent branch sees positions.</summary>
public record RotaryOptions
{
    /// <summary>Rotary embedding of queries and keys before the feature map. Gates are made before it. The published Liger models have none.</summary>
    [OptionMeaning("rotary embedding in the recurrence, before the feature map")]
    public bool Rope { get; init; }
}

/// <summary>Whether outputs are divided by their weights' sum.</summary>
public record NormalizerOptions
{
    /// <summary>
    /// o_t / max(|q_tᵀ z_t|, ε), with z_t the keys summed up under the same decays, z_t = e^{g_t} z_{t−1} + k_t, and ε = 1e-6. The published
    /// Liger models have no denominator.
    /// </summary>
    [OptionMeaning("divide by the queries' products with the decayed sum of keys")]
    public bool Normalized { get; init; }
}
