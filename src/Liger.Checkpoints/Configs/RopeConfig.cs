namespace Liger.Checkpoints;

/// <summary>How the rotary angles are stretched beyond the length the model was first trained for.</summary>
public enum RopeType
{
    /// <summary>Not at all.</summary>
    Default,

    /// <summary>Every frequency divided by a factor.</summary>
    Linear,

    /// <summary>Llama 3.1's rule: low frequencies divided by a factor, high ones kept, a smooth passage between.</summary>
    Llama3,
}

/// <summary>The rotary position embedding of a config.json, from either schema.</summary>
/// <param name="Theta">The base of the frequencies: theta^(-2i/D).</param>
/// <param name="Type">The kind of stretching.</param>
/// <param name="Factor">By how much (1 when not stretched).</param>
/// <param name="LowFreqFactor">Llama 3 only: wavelengths above original / this are divided in full (0 otherwise).</param>
/// <param name="HighFreqFactor">Llama 3 only: wavelengths below original / this are kept (0 otherwise).</param>
/// <param name="OriginalMaxPositions">Llama 3 only: the context length before stretching, in tokens (0 otherwise).</param>
public sealed record RopeConfig(
    double Theta, RopeType Type = RopeType.Default, double Factor = 1, double LowFreqFactor = 0, double HighFreqFactor = 0, int OriginalMaxPositions = 0);
