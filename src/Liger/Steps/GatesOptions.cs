namespace Liger.Steps;

/// <summary>Whose gates are looked at, and on what.</summary>
public sealed record GatesOptions
{
    /// <summary>The model.</summary>
    public required ModelOptions Model { get; init; }

    /// <summary>The text that it reads.</summary>
    public required string Text { get; init; }

    /// <summary>Tokens of a window where nothing else is said.</summary>
    public const int DefaultContext = 1024;

    /// <summary>Tokens a window, 1 to 1,048,576. Default 1024.</summary>
    public int Context { get; init; } = DefaultContext;

    /// <summary>Windows that are read, all at once. Default 4.</summary>
    public int Windows { get; init; } = 4;

    /// <summary>A folder for the pictures gates-half-life.svg and gates-window-share.svg; null draws none.</summary>
    public string? Pictures { get; init; }
}
