using Liger.Steps;

namespace Liger.Cli.Display;

/// <summary>The figures of a progress report in words.</summary>
internal static class ProgressText
{
    /// <summary>"12/2,000", or "1.2 GiB/14.9 GiB".</summary>
    internal static string Place(StepProgress progress) => progress.InBytes
        ? $"{Quantity.Bytes(progress.Done)}/{Quantity.Bytes(progress.Total)}"
        : $"{Quantity.Count(progress.Done)}/{Quantity.Count(progress.Total)}";

    /// <summary>"loss 2.345 · 1,234 tokens/s · 1.2 GiB · 3 min 07 s left": whatever of it is known.</summary>
    internal static string Figures(StepProgress progress)
    {
        var parts = new List<string>();
        if (progress.Loss is { } loss) parts.Add($"loss {Quantity.Fixed(loss, 4)}");
        if (progress.TokensPerSecond is { } speed) parts.Add($"{Quantity.Count(speed)} tokens/s");
        if (progress.MemoryBytes is { } memory) parts.Add(Quantity.Bytes(memory));
        if (progress.Remaining is { } left) parts.Add($"{Quantity.Time(left)} left");
        return string.Join(" · ", parts);
    }
}
