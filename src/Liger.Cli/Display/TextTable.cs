using System.Text;

namespace Liger.Cli.Display;

/// <summary>A table of aligned columns as plain text: the first column to the left, the others to the right.</summary>
internal sealed class TextTable(params string[] headers)
{
    private const string Gap = "  ";
    private readonly List<string[]> _rows = [];

    /// <summary>Adds a row; null cells stay empty.</summary>
    internal void Add(params string?[] cells) => _rows.Add([.. cells.Select(cell => cell ?? "")]);

    /// <summary>Whether the last column is text, to the left as well.</summary>
    internal bool LastIsText { get; init; }

    public override string ToString()
    {
        var widths = headers.Select((header, column) => _rows.Select(row => row[column].Length).Append(header.Length).Max()).ToArray();
        var text = new StringBuilder();
        Line(headers);
        text.AppendJoin(Gap, widths.Select(width => new string('-', width))).Append('\n');
        foreach (var row in _rows) Line(row);
        return text.ToString();

        void Line(string[] cells)
        {
            var padded = cells.Select((cell, column) => column == 0 || (LastIsText && column == cells.Length - 1) ? cell.PadRight(widths[column]) : cell.PadLeft(widths[column]));
            text.Append(string.Join(Gap, padded).TrimEnd()).Append('\n');
        }
    }
}
