using System.Text;

namespace Liger.Cli.Display;

/// <summary>A table of aligned columns as plain text: text columns come first and stand to the left, numbers to the right.</summary>
internal sealed class TextTable(params string[] headers)
{
    private const string Gap = "  ";
    private readonly List<string[]> rows = [];

    /// <summary>Adds a row; null cells stay empty.</summary>
    internal void Add(params string?[] cells) => rows.Add([.. cells.Select(cell => cell ?? "")]);

    /// <summary>How many columns hold text, which stands to the left.</summary>
    internal int TextColumns { get; init; } = 1;

    /// <summary>The same as a table in Markdown.</summary>
    internal string ToMarkdown()
    {
        var text = new StringBuilder();
        Line(headers);
        Line([.. headers.Select((_, column) => column < TextColumns ? "---" : "--:")]);
        foreach (var row in rows) Line(row);
        return text.ToString();

        void Line(string[] cells) => text.Append("| ").AppendJoin(" | ", cells.Select(cell => cell.Replace("|", "\\|", StringComparison.Ordinal))).Append(" |\n");
    }

    public override string ToString()
    {
        var widths = headers.Select((header, column) => rows.Select(row => row[column].Length).Append(header.Length).Max()).ToArray();
        var text = new StringBuilder();
        Line(headers);
        text.AppendJoin(Gap, widths.Select(width => new string('-', width))).Append('\n');
        foreach (var row in rows) Line(row);
        return text.ToString();

        void Line(string[] cells)
        {
            var padded = cells.Select((cell, column) => column < TextColumns ? cell.PadRight(widths[column]) : cell.PadLeft(widths[column]));
            text.Append(string.Join(Gap, padded).TrimEnd()).Append('\n');
        }
    }
}
