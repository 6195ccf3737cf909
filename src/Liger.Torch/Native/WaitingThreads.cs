using System.Globalization;

namespace Liger.Torch.Native;

/// <summary>
/// How often libgomp's threads look for work before they sleep. Its own 300,000 take milliseconds: beside other work a step was 15 times slower. Without any a step
/// was a quarter slower on a quiet machine. Measured in tools/benchmarks/NOTES.md.
/// </summary>
internal static class WaitingThreads
{
    private const int SpinsWhenQuiet = 10_000, SpinsWhenBusy = 1_000;

    /// <summary>Processes a processor, waiting ones included, from which on spinning takes more from those who work than it gives.</summary>
    private const double Busy = 2;

    /// <summary>Spins on this machine as it is now.</summary>
    internal static int Spins()
    {
        try
        {
            // A container's own processors would be too few: the load is the whole machine's.
            var processors = File.ReadLines("/proc/stat").Count(line => line.StartsWith("cpu", StringComparison.Ordinal)) - 1;
            return Spins(File.ReadAllText("/proc/loadavg"), processors);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return SpinsWhenQuiet;
        }
    }

    /// <param name="load">Processes that run or wait, on average of the last minute, five and fifteen: "0.20 1.16 1.90 …".</param>
    /// <param name="processors">Processors of the machine.</param>
    internal static int Spins(string load, int processors) =>
        double.TryParse(load.Split(' ')[0], CultureInfo.InvariantCulture, out var last) && last > Busy * processors ? SpinsWhenBusy : SpinsWhenQuiet;
}
