namespace Liger.Text;

/// <summary>How tokens become text: what a decoder of tokenizer.json says, in the order in which it is applied.</summary>
internal sealed record TokenDecoding
{
    /// <summary>Tokens are bytes in GPT-2's alphabet.</summary>
    public bool ByteLevel { get; init; }

    /// <summary>What is done to the spelling of every token; the flag says whether it is the first of the text.</summary>
    public IReadOnlyList<Func<string, bool, string>> Steps { get; init; } = [];

    /// <summary>Tokens spelled &lt;0x00&gt; … &lt;0xFF&gt; are bytes of UTF-8.</summary>
    public bool ByteFallback { get; init; }

    /// <summary>This many of <see cref="StripCharacter"/> are taken from the beginning of the whole text.</summary>
    public int StripStart { get; init; }

    /// <summary>What is taken from the beginning.</summary>
    public char StripCharacter { get; init; }

    /// <summary>Tokens are joined by spaces: what a tokenizer without decoder does.</summary>
    public bool JoinWithSpaces { get; init; }

    /// <summary>The byte that a token spells, or -1.</summary>
    public static int ByteOf(string token) =>
        token.Length == 6 && token.StartsWith("<0x", StringComparison.Ordinal) && token[5] == '>'
        && byte.TryParse(token.AsSpan(3, 2), System.Globalization.NumberStyles.AllowHexSpecifier, null, out var value) ? value : -1;
}
