namespace Liger.Scoreboards;

/// <summary>How a row's model was made.</summary>
public sealed record RowTraining
{
    /// <summary>The recipe with every key, paths relative to the working directory.</summary>
    public required string Recipe { get; init; }

    /// <summary>SHA-256 of that text, in hexadecimal.</summary>
    public required string RecipeSha256 { get; init; }

    /// <summary>Numbers that were trained.</summary>
    public required long Parameters { get; init; }

    /// <summary>Tokens gone through.</summary>
    public required long Tokens { get; init; }

    /// <summary>Time spent in optimizer steps, in seconds.</summary>
    public required double Seconds { get; init; }

    /// <summary>The commit that trained it; null outside a checkout.</summary>
    public string? Commit { get; init; }

    /// <summary>Loss as it fell; empty where none was noted.</summary>
    public required IReadOnlyList<LossAt> Curve { get; init; }
}

/// <summary>The loss on the recipe's validation rows.</summary>
/// <param name="Tokens">Tokens gone through.</param>
/// <param name="Loss">Nats a token.</param>
public sealed record LossAt(long Tokens, double Loss);
