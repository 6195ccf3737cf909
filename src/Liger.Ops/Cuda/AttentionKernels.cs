using Liger.Torch;

namespace Liger.Ops.Cuda;

/// <summary>Launches of window_attention.cu and gated_linear_attention.cu: sizes of grids, blocks and shared memory.</summary>
internal static class AttentionKernels
{
    internal const int Chunk = 64;
    private const int Block = 16, Threads = 256, ManyThreads = 512, RebasedRows = 96, MostShared = 221 << 10;

    /// <summary>Windows up to this, without sinks, are five blocks of keys for a block of queries: near_keys.cuh.</summary>
    private const int NearWindow = (4 * Block) + 1;

    private static readonly Lazy<int> SharedBytes = new(() => Driver.Attribute(Driver.MostSharedMemory, 0));

    /// <summary>Whether there is a kernel for bf16 heads of this size on the card at hand.</summary>
    internal static bool Serve(Tensor q, Tensor k, Tensor v) =>
        CudaKernels.Serve(q) && q.dtype == bfloat16 && k.dtype == bfloat16 && v.dtype == bfloat16
        && q.shape[3] is 64 or 128 && v.shape[3] == q.shape[3] && SharedBytes.Value >= MostShared;

    /// <summary>The tensor itself if the kernels can read it in pieces of 16 bytes, or a copy.</summary>
    internal static Tensor Readable(Tensor x)
    {
        var strides = x.stride();
        var readable = strides[3] == 1 && strides[..3].All(s => s % 8 == 0) && TorchLibrary.Address(x) % 16 == 0;
        return readable ? x : x.contiguous();
    }

    internal static void Window(string kernel, in WindowParameters p, long batch, long dim)
    {
        long tile = Tile(dim), store = (4 * tile) + (3 * Chunk * sizeof(int));
        var (threads, shared) = kernel switch
        {
            "window_forward" => (Threads, store + (2 * tile)),
            "window_backward_queries" => (ManyThreads, store + (8 * tile)),
            _ => (Threads, (6 * tile) + (7 * Chunk * sizeof(int))),
        };
        var near = p is { Window: <= NearWindow, Sinks: 0 } && kernel != "window_backward_keys";
        CudaModule.Get("window_attention.cu", ("HEAD_DIM", (int)dim))
            .Launch(near ? kernel + "_near" : kernel, (Chunks(p.Tokens), p.KvHeads, batch), threads, (int)shared, in p);
    }

    internal static void Recurrence(string kernel, in RecurrenceParameters p, RecurrenceGate gate, long batch, long dim)
    {
        long tile = Tile(dim), wide = Chunk * (dim + 8) * sizeof(float), square = dim * (dim + 8) * 2, rebased = RebasedRows * (dim + 8) * 2;
        var keys = tile + wide + (Chunk * 2 * sizeof(float)) + ((Chunk + 4) * sizeof(int));
        var (threads, shared) = kernel switch
        {
            "recurrence_contributions" => (Threads, keys + (2 * tile)),
            "recurrence_gradient_contributions" => (Threads, keys + (3 * tile)),
            "recurrence_output" => (ManyThreads, keys + square + rebased + (5 * tile)),
            "recurrence_backward" => ((int)(4 * dim), keys + rebased + tile + square + (2 * tile) + (2 * Chunk * (Chunk + 8) * 2) + wide + (Chunk * 2 * sizeof(float))),
            _ => (Threads, 0L),
        };
        // A warp of a scan has one row of one state.
        var grid = shared == 0 ? (batch * p.KvHeads * dim / (Threads / 32), 1L, 1L) : (p.Chunks, p.KvHeads, batch);
        CudaModule.Get("gated_linear_attention.cu", ("HEAD_DIM", (int)dim), ("GATE", (int)gate)).Launch(kernel, grid, threads, (int)shared, in p);
    }

    internal static long Chunks(long tokens) => (tokens + Chunk - 1) / Chunk;

    /// <summary>Scores of blocks of 16 tokens with themselves, [B,Hkv,N,R,64,16].</summary>
    internal static long[] DiagonalShape(long batch, long kvHeads, long chunks, long group) => [batch, kvHeads, chunks, group, Chunk, Block];

    private static long Tile(long dim) => Chunk * (dim + 8) * 2;
}
