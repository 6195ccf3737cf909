using Liger.Evaluation;

namespace Liger.Steps;

/// <summary>How a model forgets, and how its output is shared between window and state, on a text.</summary>
public sealed record GatesResult
{
    /// <summary>The checkpoint.</summary>
    public required string Checkpoint { get; init; }

    /// <summary>The adapter on it; null for none.</summary>
    public string? Adapter { get; init; }

    /// <summary>The token mixer.</summary>
    public required string Mixer { get; init; }

    /// <summary>Tokens that were read.</summary>
    public required int Tokens { get; init; }

    /// <summary>Tokens of a window.</summary>
    public required int Context { get; init; }

    /// <summary>Every kv head, layer by layer.</summary>
    public required IReadOnlyList<HeadFigures> Heads { get; init; }
}

/// <summary>How one kv head forgets and mixes.</summary>
/// <param name="Layer">The layer.</param>
/// <param name="KvHead">The kv head in it.</param>
/// <param name="Mixer">Its mixer.</param>
/// <param name="HalfLife">Tokens after which a gate that stayed as it is would have halved what is held, over tokens and channels; null: no gate.</param>
/// <param name="WindowShare">The window's share of the output, 0 to 1, over tokens and query heads; null: there are no two parts.</param>
public sealed record HeadFigures(int Layer, int KvHead, string Mixer, RangeFigures? HalfLife, RangeFigures? WindowShare);

/// <summary>The range of a figure; null stands for infinity: what never fades.</summary>
/// <param name="Median">Half of the values lie below.</param>
/// <param name="Low">5 % of them lie below.</param>
/// <param name="High">95 % of them lie below.</param>
public sealed record RangeFigures(double? Median, double? Low, double? High)
{
    internal static RangeFigures? Of(Spread? spread) => spread is null ? null : new RangeFigures(spread.Median, spread.Low, spread.High);
}
