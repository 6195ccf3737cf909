using System.Diagnostics;
using static TorchSharp.torch;

namespace Liger.GpuBench;

internal static class Timing
{
    /// <summary>Median milliseconds of a call, the device waited for on both sides.</summary>
    internal static double Median(Action call, int rounds, int warmUp, int callsARound = 1)
    {
        for (var i = 0; i < warmUp; i++)
            call();
        var times = new double[rounds];
        for (var i = 0; i < rounds; i++)
        {
            cuda.synchronize();
            var started = Stopwatch.GetTimestamp();
            for (var c = 0; c < callsARound; c++)
                call();
            cuda.synchronize();
            times[i] = Stopwatch.GetElapsedTime(started).TotalMilliseconds / callsARound;
        }
        Array.Sort(times);
        return times[rounds / 2];
    }
}
