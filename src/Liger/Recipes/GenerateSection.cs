namespace Liger.Recipes;

/// <summary>The section "generate": a text to look at when everything is done.</summary>
public sealed record GenerateSection
{
    /// <summary>What the text begins with.</summary>
    public string Prompt { get; init; } = "";

    /// <summary>Tokens to add, 1 to 1,048,576. Default 64.</summary>
    public int MaxTokens { get; init; } = 64;

    internal static GenerateSection Bind(ISection s, GenerateSection g) => new()
    {
        Prompt = s.Required("prompt", g.Prompt, Kind.Words),
        MaxTokens = s.Value("max_tokens", g.MaxTokens, Kind.Whole(1, 1 << 20)),
    };
}
