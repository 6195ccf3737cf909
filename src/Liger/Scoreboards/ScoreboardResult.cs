namespace Liger.Scoreboards;

/// <summary>The original model, windows that nobody trained, and experiments, all measured on the same.</summary>
public sealed record ScoreboardResult
{
    /// <summary>What it is called.</summary>
    public required string Name { get; init; }

    /// <summary>What all rows were measured on.</summary>
    public required ScoreboardBasis Basis { get; init; }

    /// <summary>The rows: the original, windows by size, experiments in the order in which they came.</summary>
    public required IReadOnlyList<ScoreboardRow> Rows { get; init; }

    /// <summary>The row of a name.</summary>
    internal ScoreboardRow? Row(string name) => Rows.FirstOrDefault(row => row.Name == name);
}
