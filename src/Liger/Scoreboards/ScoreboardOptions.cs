using Liger.Recipes;

namespace Liger.Scoreboards;

/// <summary>What is put on a scoreboard, and how.</summary>
public sealed record ScoreboardOptions
{
    /// <summary>The experiments, in the order of their rows; at least one. Their sections "eval" must ask for the same.</summary>
    public required IReadOnlyList<Recipe> Recipes { get; init; }

    /// <summary>What the scoreboard is called; null takes the name of the original model's folder.</summary>
    public string? Name { get; init; }

    /// <summary>Whether experiments that have not been run to their end are run now. Default false: they are an error.</summary>
    public bool Train { get; init; }

    /// <summary>Whether each experiment's conversion is listed as well, as it is before training. Default false.</summary>
    public bool Untrained { get; init; }

    /// <summary>Where everything is measured: auto (a GPU if there is one), cpu, cuda or cuda:N. Default auto.</summary>
    public string Device { get; init; } = "auto";

    /// <summary>The arithmetic of all rows: auto (float32 on a CPU, as stored on a GPU), float32 or bfloat16. Default auto.</summary>
    public string Dtype { get; init; } = "auto";

    /// <summary>A scoreboard whose rows are kept, apart from those that are measured again; null is none.</summary>
    public ScoreboardResult? Earlier { get; init; }
}
