using System.Runtime.InteropServices;
using Liger.Torch;

namespace Liger.Ops.Cuda;

/// <summary>A tensor [B,T,heads,D] as the kernels see it; the struct View of tiles.cuh.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct TensorView
{
    private readonly nint data;
    private readonly long batch;
    private readonly int token, head;

    internal TensorView(Tensor tensor)
    {
        var strides = tensor.stride();
        (data, batch, token, head) = (TorchLibrary.Address(tensor), strides[0], (int)strides[1], (int)strides[2]);
    }
}

/// <summary>The struct WindowParams of window_attention.cu, with RotaryTable's fields in it.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct WindowParameters
{
    internal TensorView Queries, Keys, Values, Output, QueryGrads, KeyGrads, ValueGrads;
    internal nint Cos, Sin;
    internal long RotaryBatch;
    internal nint Documents, Denominators, Deltas;
    internal int Tokens, Heads, KvHeads, Window, Sinks;
    internal float Weight;
}

/// <summary>The struct RecurrenceParams of gated_keys.cuh.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct RecurrenceParameters
{
    internal TensorView Queries, Keys, Values, Output, QueryGrads, KeyGrads, ValueGrads;
    internal nint LogDecay;
    internal long DecayBatch, DecayToken, DecayHead, DecayChannel;
    internal nint DecayGrads, Documents, Initial, Final, Last, States, StateGrads, Totals, Borders, Diagonals;
    internal int Tokens, Heads, KvHeads, Chunks;
    internal float Weight, InverseDivisor;
    internal int Add;
}
