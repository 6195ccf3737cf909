namespace Liger.Steps;

/// <summary>What is generated.</summary>
public sealed record GenerateOptions
{
    /// <summary>The model.</summary>
    public required ModelOptions Model { get; init; }

    /// <summary>What the text begins with, or goes on with where a state is loaded; empty only there.</summary>
    public required string Prompt { get; init; }

    /// <summary>A file to save what the model remembers at the end to; null saves nothing. A file that lies there is replaced.</summary>
    public string? SaveState { get; init; }

    /// <summary>A file to go on from; null begins anew. It is left as it is: loaded twice, it is a fork.</summary>
    public string? LoadState { get; init; }

    /// <summary>Tokens to add at most, 1 to 1,048,576. Default 128.</summary>
    public int MaxTokens { get; init; } = 128;

    /// <summary>0 takes the likeliest token always; above 0, up to 100, draws from the distribution with logits divided by it. Default 0.</summary>
    public double Temperature { get; init; }

    /// <summary>With a temperature: draw from the likeliest tokens that together reach this probability, above 0, up to 1. Default 1.</summary>
    public double TopP { get; init; } = 1;

    /// <summary>Seeds the draws. Default 0.</summary>
    public int Seed { get; init; }
}
