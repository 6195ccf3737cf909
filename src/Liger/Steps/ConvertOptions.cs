namespace Liger.Steps;

/// <summary>What is converted, to what, and where to.</summary>
public sealed record ConvertOptions
{
    /// <summary>The checkpoint to convert: a Hugging Face folder of the Llama family.</summary>
    public required string Source { get; init; }

    /// <summary>The folder to write.</summary>
    public required string To { get; init; }

    /// <summary>The token mixer that takes the place of attention.</summary>
    public required string Mixer { get; init; }

    /// <summary>The mixer's own options by name, as written; a missing one has the mixer's default.</summary>
    public IReadOnlyDictionary<string, string> MixerOptions { get; init; } = new Dictionary<string, string>();

    /// <summary>Where softmax stays, and windows within a budget. Default neither.</summary>
    public KeptPlaces Keep { get; init; } = new();

    /// <summary>Whether the weight files become hard links to the source's instead of copies. Default false.</summary>
    public bool Link { get; init; }

    /// <summary>Whether a checkpoint that lies at <see cref="To"/> is replaced. Default false.</summary>
    public bool Overwrite { get; init; }
}
