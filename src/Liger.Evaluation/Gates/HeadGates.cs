namespace Liger.Evaluation;

/// <summary>How one kv head forgets and mixes on a text.</summary>
/// <param name="Layer">The layer.</param>
/// <param name="KvHead">The kv head in it.</param>
/// <param name="Mixer">Its mixer.</param>
/// <param name="HalfLife">
/// Tokens after which a gate that stayed as it is would have halved what its state holds, ln 2 / −g; over tokens and channels. Null: no gate.
/// </param>
/// <param name="WindowShare">The window's share of the output, 0 to 1, over tokens and query heads. Null: there are no two parts.</param>
public sealed record HeadGates(int Layer, int KvHead, string Mixer, Spread? HalfLife, Spread? WindowShare);

/// <summary>How values are spread. A value is null where it is infinite: a gate that never lets anything fade.</summary>
/// <param name="Median">Half of them lie below.</param>
/// <param name="Low">5 % of them lie below.</param>
/// <param name="High">95 % of them lie below.</param>
public sealed record Spread(double? Median, double? Low, double? High)
{
    private const double LowShare = 0.05, HighShare = 0.95, Middle = 0.5;

    /// <summary>The spread of a tensor's values.</summary>
    /// <param name="values">At least one; infinity is allowed.</param>
    internal static Spread Of(Tensor values)
    {
        using var scope = NewDisposeScope();
        var sorted = values.flatten().sort().Values;
        var last = sorted.shape[0] - 1;
        double? At(double share) => sorted[(long)Math.Round(share * last)].to(float64).item<double>() is var value && double.IsInfinity(value) ? null : value;
        return new Spread(At(Middle), At(LowShare), At(HighShare));
    }
}
