namespace Liger.Steps;

/// <summary>A checkpoint to compute with, and how.</summary>
public sealed record ModelOptions
{
    /// <summary>Its folder.</summary>
    public required string Checkpoint { get; init; }

    /// <summary>An adapter folder in PEFT's format that is put on it; null for none.</summary>
    public string? Adapter { get; init; }

    /// <summary>Other mixers than the checkpoint names, everywhere, as "NAME option=value …", with the initial values of what they declare; null keeps the checkpoint's.</summary>
    public string? Mixer { get; init; }

    /// <summary>The arithmetic: auto (float32 on a CPU, as stored on a GPU), float32 or bfloat16. Default auto.</summary>
    public string Dtype { get; init; } = "auto";

    /// <summary>Where: auto (a GPU if there is one), cpu, cuda or cuda:N. Default auto.</summary>
    public string Device { get; init; } = "auto";
}
