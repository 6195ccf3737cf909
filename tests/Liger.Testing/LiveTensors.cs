using static TorchSharp.torch;

namespace Liger.Testing;

/// <summary>Counts tensors that are alive, for tests of leaks.</summary>
public static class LiveTensors
{
    /// <summary>What is alive now; what earlier tests left to the collector is collected first, so that it does not go away while a test counts.</summary>
    public static long Count()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return Tensor.TotalCount;
    }
}
