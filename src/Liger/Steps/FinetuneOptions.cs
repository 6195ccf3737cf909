using Liger.Recipes;

namespace Liger.Steps;

/// <summary>What is trained, and what happens to a run that lies there already.</summary>
public sealed record FinetuneOptions
{
    /// <summary>The experiment.</summary>
    public required Recipe Recipe { get; init; }

    /// <summary>Whether a run that was stopped goes on where it was saved. Default false.</summary>
    public bool Resume { get; init; }

    /// <summary>Whether a run that lies in the run folder is thrown away. Default false.</summary>
    public bool Overwrite { get; init; }
}
