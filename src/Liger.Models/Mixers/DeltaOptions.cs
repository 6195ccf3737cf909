namespace Liger.Models.Mixers;

/// <summary>How much of what the state holds under a key a delta rule replaces.</summary>
public enum DeltaStrength
{
    /// <summary>β = σ(mean_D(k)): pooled like Liger's gates.</summary>
    Key,

    /// <summary>β = 1: all of it.</summary>
    One,
}

/// <summary>Options of delta rules.</summary>
public record DeltaOptions
{
    /// <summary>The published rules project β from the hidden state, which would be new parameters.</summary>
    [OptionMeaning("how much a token replaces under its key: σ of the key's mean, or all")]
    public DeltaStrength Strength { get; init; }
}

/// <summary>Options of mixers whose feature map is the L2 norm by default.</summary>
public record NormMapOptions : FeatureMapOptions
{
    /// <summary>The L2 norm.</summary>
    public NormMapOptions() => FeatureMap = FeatureMapKind.L2Norm;
}
