using System.Text.Json.Serialization;
using Liger.Steps;

namespace Liger.Scoreboards;

/// <summary>What stands in a row.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<RowKind>))]
public enum RowKind
{
    /// <summary>The model that all others are made of.</summary>
    [JsonStringEnumMemberName("original")]
    Original,

    /// <summary>The original's weights under a window with sinks, untrained.</summary>
    [JsonStringEnumMemberName("window")]
    Window,

    /// <summary>An experiment's conversion before training.</summary>
    [JsonStringEnumMemberName("untrained")]
    Untrained,

    /// <summary>An experiment.</summary>
    [JsonStringEnumMemberName("trained")]
    Trained,
}

/// <summary>One model and its figures.</summary>
public sealed record ScoreboardRow
{
    /// <summary>Its name, which no other row has.</summary>
    public required string Name { get; init; }

    /// <summary>What it is.</summary>
    public required RowKind Kind { get; init; }

    /// <summary>The token mixers.</summary>
    public required string Mixer { get; init; }

    /// <summary>What was measured.</summary>
    public required RowFigures Figures { get; init; }

    /// <summary>What decoding one sequence keeps, in the type in which the original is stored; recurrent states are fp32.</summary>
    public required RowMemory Memory { get; init; }

    /// <summary>The row of the window that keeps no more; null where there is none smaller than the original, or for what is no experiment.</summary>
    public string? WindowBeside { get; init; }

    /// <summary>How it was made; null for what was not trained.</summary>
    public RowTraining? Training { get; init; }

    /// <summary>The commit that measured it; null outside a checkout.</summary>
    public string? Commit { get; init; }

    /// <summary>When, in universal time.</summary>
    public required DateTimeOffset At { get; init; }
}

/// <summary>Figures of one row, with intervals of 95 %.</summary>
public sealed record RowFigures
{
    /// <summary>Nats a scored token.</summary>
    public required Estimate Loss { get; init; }

    /// <summary>Loss above the original's, window by window of the text; null for the original.</summary>
    public Estimate? Gap { get; init; }

    /// <summary>The share of tokens for which the original's likeliest is the likeliest; null for the original.</summary>
    public Estimate? Agreement { get; init; }

    /// <summary>KL(original ‖ model), nats a token; null for the original.</summary>
    public Estimate? KlDivergence { get; init; }

    /// <summary>Recall by distance; null where none was measured.</summary>
    public RecallFigures? Needles { get; init; }

    /// <summary>Associative recall by number of pairs; null where none was measured.</summary>
    public AssociativeFigures? Mqar { get; init; }

    /// <summary>Tokens a second when a prompt of the basis's context is read, one sequence.</summary>
    public required double ReadTokensPerSecond { get; init; }

    /// <summary>Tokens a second of decoding behind it, one sequence.</summary>
    public required double DecodeTokensPerSecond { get; init; }

    internal static RowFigures Of(EvalResult result) => new()
    {
        Loss = new Estimate(result.Loss, result.LossLow, result.LossHigh),
        Gap = result.OriginalLoss is { } original ? new Estimate(result.Loss - original, result.GapLow, result.GapHigh) : null,
        Agreement = result.Agreement is { } agreement ? new Estimate(agreement, result.AgreementLow, result.AgreementHigh) : null,
        KlDivergence = result.KlDivergence is { } divergence ? new Estimate(divergence, result.KlLow, result.KlHigh) : null,
        Needles = result.Needles,
        Mqar = result.Mqar,
        ReadTokensPerSecond = result.Decoding!.Context / result.Decoding.SecondsToFirstToken,
        DecodeTokensPerSecond = result.Decoding.TokensPerSecond,
    };
}

/// <summary>A figure and the interval that holds it with a probability of 95 %.</summary>
/// <param name="Value">The figure.</param>
/// <param name="Low">Lower end; null where it is unknown.</param>
/// <param name="High">Upper end.</param>
public sealed record Estimate(double Value, double? Low = null, double? High = null);
