namespace Liger.Text;

/// <summary>How recall windows and cases are made.</summary>
public sealed record RecallOptions
{
    /// <summary>The shortest window that facts and questions are planted in.</summary>
    public const int LeastContext = 64;

    /// <summary>Tokens of a window, or those that a case's prompt and answer may have together; from 64. Default 1024.</summary>
    public int Context { get; init; } = 1024;

    /// <summary>Decides everything that is drawn. Default 0.</summary>
    public long Seed { get; init; }

    /// <summary>The wording. Default: the built-in one.</summary>
    public RecallTemplates Templates { get; init; } = RecallTemplates.Default;

    /// <summary>The share of windows in which a list is queried, 0 to 1, instead of facts. Default 0.3.</summary>
    public double ListShare { get; init; } = 0.3;

    /// <summary>
    /// The share of facts, 0 to 1, that are said where a window begins and asked for where it ends. Default 0: at places drawn evenly, of which few lie
    /// nearly a window apart.
    /// </summary>
    public double FarShare { get; init; }

    internal void Check()
    {
        if (Context < LeastContext)
            throw new TextException($"recall: windows of {Context} tokens — expected at least {LeastContext}.");
        if (ListShare is not (>= 0 and <= 1))
            throw new TextException($"recall: a share of lists of {ListShare} — expected 0 to 1.");
        if (FarShare is not (>= 0 and <= 1))
            throw new TextException($"recall: a share of far facts of {FarShare} — expected 0 to 1.");
    }
}
