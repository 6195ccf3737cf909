using System.Globalization;

namespace Liger.Pictures;

/// <summary>Colours and strokes of pictures, for light pages and, by the reader's own preference, for dark ones.</summary>
internal static class SvgStyle
{
    // Spelt out twice instead of by CSS variables, which some readers of SVG do not know.
    private static readonly string[] Light = ["#1f6fc4", "#d1551c", "#14865c", "#8f6700", "#c2407f", "#5b46b5", "#5f6b76", "#0b7f93"];

    private static readonly string[] Dark = ["#6cb0ff", "#ff9a68", "#4ccf9c", "#e3b341", "#ff8fbf", "#b3a1ff", "#aeb9c4", "#4cc9dd"];

    /// <summary>Series that have a colour of their own.</summary>
    internal static int Colours => Light.Length;

    /// <summary>The style sheet.</summary>
    internal static string Css { get; } = $$"""

        text { font: 12px system-ui, sans-serif; }
        .title { font-size: 14px; font-weight: 600; }
        .middle { text-anchor: middle; }
        .end { text-anchor: end; }
        path { fill: none; }
        .curve { stroke-width: 2; stroke-linejoin: round; }
        .dashed { stroke-dasharray: 6 4; }
        .dotted { stroke-dasharray: 2 3; }
        .interval { stroke-width: 1; }
        {{Rules("#1f2328", "#8c959f", "#d8dee4", Light)}}
        @media (prefers-color-scheme: dark) {
        {{Rules("#e6edf3", "#7d8590", "#373e47", Dark)}}
        }

        """;

    /// <summary>The class of a series.</summary>
    internal static string Of(int number) => "s" + (number % Colours).ToString(CultureInfo.InvariantCulture);

    private static string Rules(string ink, string line, string grid, string[] colours) => string.Join('\n',
    [
        $$"""text { fill: {{ink}}; }""",
        $$""".line { stroke: {{line}}; }""",
        $$""".grid { stroke: {{grid}}; }""",
        .. colours.Select((colour, i) => $$""".{{Of(i)}} path { stroke: {{colour}}; } .{{Of(i)}} circle { fill: {{colour}}; }"""),
    ]);
}
