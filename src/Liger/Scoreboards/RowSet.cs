namespace Liger.Scoreboards;

/// <summary>Rows by name, those of an earlier scoreboard first.</summary>
/// <param name="earlier">Its rows are kept until they are measured again; null is none.</param>
internal sealed class RowSet(ScoreboardResult? earlier)
{
    private readonly List<ScoreboardRow> rows = [.. earlier?.Rows ?? []];

    /// <summary>Measures a row that is not there yet.</summary>
    internal void AddMissing(string name, Func<ScoreboardRow> measure)
    {
        if (!rows.Exists(row => row.Name == name)) rows.Add(measure());
    }

    /// <summary>Puts a row in the place of the one of its name, or at the end.</summary>
    internal void Replace(ScoreboardRow row)
    {
        var at = rows.FindIndex(other => other.Name == row.Name);
        if (at < 0) rows.Add(row);
        else rows[at] = row;
    }

    /// <summary>The original, windows from the smallest memory on, then experiments as they came.</summary>
    internal IReadOnlyList<ScoreboardRow> InOrder() =>
        [.. rows.OrderBy(row => row.Kind switch { RowKind.Original => 0, RowKind.Window => 1, _ => 2 }).ThenBy(row => row.Kind == RowKind.Window ? row.Memory.Bytes : 0)];
}
