using System.Globalization;
using System.Text;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Liger.Recipes;

/// <summary>How single values look in YAML.</summary>
internal static class YamlText
{
    /// <summary>Whether a node is YAML's null: written as nothing, ~ or null, unquoted.</summary>
    internal static bool IsNull(YamlNode node) =>
        node is YamlScalarNode { Style: ScalarStyle.Plain or ScalarStyle.Any, Value: null or "" or "~" or "null" or "Null" or "NULL" };

    /// <summary>Whether a node says in words that there is nothing: null or ~, unquoted. As a section it takes away the one under it; a section without keys has its defaults.</summary>
    internal static bool IsNothing(YamlNode node) => IsNull(node) && node is YamlScalarNode { Value.Length: > 0 };

    /// <summary>A text as a YAML scalar: bare where nothing can be misread, in double quotes with escapes elsewhere.</summary>
    internal static string Quote(string text)
    {
        if (IsBare(text)) return text;
        var quoted = new StringBuilder("\"");
        foreach (var c in text)
            quoted.Append(c switch
            {
                '"' => "\\\"",
                '\\' => "\\\\",
                '\n' => "\\n",
                '\t' => "\\t",
                '\r' => "\\r",
                < ' ' or (>= '\x7f' and <= '\x9f') or '\u2028' or '\u2029' or '\ufeff' => $"\\u{(int)c:x4}",
                _ => c,
            });
        return quoted.Append('"').ToString();
    }

    /// <summary>A number as it is; any other text as <see cref="Quote"/> has it.</summary>
    internal static string QuoteUnlessNumber(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? text : Quote(text);

    private static bool IsBare(string text) =>
        text.Length > 0
        && (char.IsAsciiLetter(text[0]) || text[0] == '/')
        && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '.' or '_' or '-')
        && text is not ("null" or "Null" or "NULL" or "true" or "True" or "TRUE" or "false" or "False" or "FALSE");
}
