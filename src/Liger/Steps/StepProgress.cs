namespace Liger.Steps;

/// <summary>How far a piece of work has come.</summary>
/// <param name="Work">What is being done, in a word or two ("training", "copying").</param>
/// <param name="Done">Units done.</param>
/// <param name="Total">Units altogether, at least 1.</param>
public readonly record struct StepProgress(string Work, long Done, long Total)
{
    /// <summary>Whether the units are bytes.</summary>
    public bool InBytes { get; init; }

    /// <summary>The loss of the last step in nats a token, where there is one.</summary>
    public double? Loss { get; init; }

    /// <summary>Tokens a second over the last steps, where tokens are what is worked on.</summary>
    public double? TokensPerSecond { get; init; }

    /// <summary>The time that is left at this speed, where it is known.</summary>
    public TimeSpan? Remaining { get; init; }

    /// <summary>The memory the process holds (or the device, when there is one), in bytes.</summary>
    public long? MemoryBytes { get; init; }
}
