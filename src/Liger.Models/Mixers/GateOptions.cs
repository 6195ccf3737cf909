namespace Liger.Models.Mixers;

/// <summary>What a gate is made of.</summary>
public enum GateSource
{
    /// <summary>The keys before rotary embedding: Liger's choice.</summary>
    Key,

    /// <summary>The queries before rotary embedding, averaged over the query heads that share a kv head.</summary>
    Query,

    /// <summary>The values.</summary>
    Value,

    /// <summary>A constant, the same for all tokens, heads and channels.</summary>
    Constant,
}

/// <summary>How many gates a kv head has for each token.</summary>
public enum GateShape
{
    /// <summary>One for each key channel.</summary>
    Channel,

    /// <summary>One: the mean over the channels goes through the nonlinearity.</summary>
    Scalar,
}

/// <summary>Whether a gate is shifted by what can be learned.</summary>
public enum DecayOffset
{
    /// <summary>Nothing is added.</summary>
    None,

    /// <summary>A declared number a gate of each kv head, 0 before training.</summary>
    Learned,
}

/// <summary>
/// Options of a gate. With x from the source (and the offset added to it), decay = β + (1 − β) · f(x)^(1/τ), where f is the mixer's own nonlinearity, into (0, 1].
/// </summary>
public record GateOptions
{
    /// <summary>Where x comes from. Liger takes keys (arXiv 2503.01496, table 8 compares queries and values).</summary>
    [OptionMeaning("what the gate is made of; query is the mean over a kv head's query heads")]
    public GateSource GateSource { get; init; }

    /// <summary>τ: log-decays are divided by it, so that τ times more tokens are remembered. The published code has 16 for GLA and GSA.</summary>
    [OptionRange(1e-3, 1e6, "divides the log-decay: larger remembers longer")]
    public double GateDivisor { get; init; } = 16;

    /// <summary>β: the smallest decay (Qin et al. 2024, arXiv 2404.07904). The published Liger models have none.</summary>
    [OptionRange(0, 1, "the smallest decay")]
    public double GateLowerBound { get; init; }

    /// <summary>x where the source is constant.</summary>
    [OptionRange(-100, 100, "the gate before its nonlinearity, where its source is constant")]
    public double GateLogit { get; init; }

    /// <summary>
    /// A number added to x before the nonlinearity, declared as "decay-offset": [Hkv,D], [Hkv,M] for M slots, [Hkv,1] for one gate a kv head. It starts at
    /// 0, which changes nothing, and is trained as what mixers declare is. The published models have none; a gate with a projection of its own
    /// has its bias in this place.
    /// </summary>
    [OptionMeaning("a declared number a gate, 0 before training, added before the nonlinearity")]
    public DecayOffset DecayOffset { get; init; }
}

/// <summary>Options of a gate that is not divided by default.</summary>
public record UndividedGateOptions : GateOptions
{
    /// <summary>τ = 1.</summary>
    public UndividedGateOptions() => GateDivisor = 1;
}

/// <summary>Whether a gate has one value a channel or one a kv head.</summary>
public record GateShapeOptions
{
    /// <summary>Channels by default.</summary>
    [OptionMeaning("a gate for each channel, or one a kv head from the mean over channels")]
    public GateShape GateShape { get; init; }
}

/// <summary>Options of a gate that has one value a kv head by default.</summary>
public record ScalarGateShapeOptions : GateShapeOptions
{
    /// <summary>One value a kv head.</summary>
    public ScalarGateShapeOptions() => GateShape = GateShape.Scalar;
}
