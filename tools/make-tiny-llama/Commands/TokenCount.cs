using System.CommandLine.Parsing;
using System.Globalization;

namespace Liger.TinyLlama.Commands;

/// <summary>A number of tokens as a person writes it: 500000, 20M, 1.5B.</summary>
internal static class TokenCount
{
    public static long Parse(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        var factor = char.ToUpperInvariant(text[^1]) switch { 'K' => 1e3, 'M' => 1e6, 'B' => 1e9, _ => 1 };
        if (double.TryParse(factor > 1 ? text[..^1] : text, CultureInfo.InvariantCulture, out var number) && number > 0)
            return (long)(number * factor);
        result.AddError($"--tokens: '{text}' is no number of tokens — expected one such as 500000 or 20M.");
        return 0;
    }
}
