namespace Liger.Torch;

/// <summary>The member of the default build's CudaGraph that the TorchSharp package can answer: it cannot record.</summary>
public sealed class CudaGraph : IDisposable
{
    private CudaGraph()
    {
    }

    /// <summary>Not offered by the package.</summary>
    public static bool IsSupported => false;

    /// <summary>Not offered by the package.</summary>
    public static CudaGraph Record(Action work) =>
        throw new NotSupportedException($"recording {work.Method.Name}: the TorchSharp package does not offer it. Build without -p:TorchProvider=TorchSharp.");

    /// <summary>Not offered by the package.</summary>
    public void Replay() => throw new NotSupportedException();

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
