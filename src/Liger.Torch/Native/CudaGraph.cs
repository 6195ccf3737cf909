using Liger.Torch.Native;

namespace Liger.Torch;

/// <summary>
/// Work on a GPU that is recorded once and replayed as a whole: one launch instead of hundreds. Everything recorded reads and writes the same
/// memory in every replay, so inputs are copied into tensors that were there before recording.
/// </summary>
public sealed class CudaGraph : IDisposable
{
    private nint handle;

    private CudaGraph(nint handle) => this.handle = handle;

    /// <summary>Whether this build can record.</summary>
    public static bool IsSupported => true;

    /// <summary>Records what a function does on the current GPU. It must not wait for the GPU; run it before, so that nothing is set up while recording.</summary>
    public static CudaGraph Record(Action work)
    {
        NativeMethods.Check(NativeMethods.lt_graph_begin(out var handle));
        var graph = new CudaGraph(handle);
        try
        {
            work();
        }
        catch
        {
            // What went wrong in the work matters more than that nothing whole was recorded.
            _ = NativeMethods.lt_graph_end(handle);
            graph.Dispose();
            throw;
        }
        NativeMethods.Check(NativeMethods.lt_graph_end(handle));
        return graph;
    }

    /// <summary>Does everything again, on the current stream.</summary>
    public void Replay()
    {
        ObjectDisposedException.ThrowIf(handle == 0, this);
        NativeMethods.Check(NativeMethods.lt_graph_replay(handle));
    }

    /// <summary>Frees the recording and the memory that belongs to it.</summary>
    public void Dispose()
    {
        if (handle == 0)
            return;
        NativeMethods.Check(NativeMethods.lt_graph_release(handle));
        handle = 0;
    }
}
