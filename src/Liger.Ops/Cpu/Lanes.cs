using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace Liger.Ops.Cpu;

/// <summary>
/// Loops over rows of numbers in vector registers; lengths are multiples of <see cref="Width"/>. Compiled with all optimisations at their first call,
/// since a first long prompt would otherwise run through the unoptimised code.
/// </summary>
internal static class Lanes
{
    /// <summary>Numbers a line of the caches.</summary>
    private const int CacheLine = 16;

    /// <summary>Numbers a register.</summary>
    internal static int Width => Vector<float>.Count;

    /// <summary>The next multiple of <see cref="Width"/>.</summary>
    internal static int Padded(int count) => (count + Width - 1) / Width * Width;

    /// <summary>Σ_j a_j b_j.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static float Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        ref float x = ref MemoryMarshal.GetReference(a), y = ref MemoryMarshal.GetReference(b);
        Vector<float> even = default, odd = default;
        var j = 0;
        for (; j + (2 * Width) <= a.Length; j += 2 * Width)
        {
            even = Vector.FusedMultiplyAdd(At(ref x, j), At(ref y, j), even);
            odd = Vector.FusedMultiplyAdd(At(ref x, j + Width), At(ref y, j + Width), odd);
        }
        if (j < a.Length)
            even = Vector.FusedMultiplyAdd(At(ref x, j), At(ref y, j), even);
        return Vector.Sum(even + odd);
    }

    /// <summary>into_j += w x_j.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Add(Span<float> into, float weight, ReadOnlySpan<float> x)
    {
        ref float to = ref MemoryMarshal.GetReference(into), from = ref MemoryMarshal.GetReference(x);
        var w = new Vector<float>(weight);
        for (var j = 0; j < into.Length; j += Width)
            Put(ref to, j, Vector.FusedMultiplyAdd(w, At(ref from, j), At(ref to, j)));
    }

    /// <summary>into_j += x_j y_j.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void AddProducts(Span<float> into, ReadOnlySpan<float> x, ReadOnlySpan<float> y)
    {
        ref float to = ref MemoryMarshal.GetReference(into), a = ref MemoryMarshal.GetReference(x), b = ref MemoryMarshal.GetReference(y);
        for (var j = 0; j < into.Length; j += Width)
            Put(ref to, j, Vector.FusedMultiplyAdd(At(ref a, j), At(ref b, j), At(ref to, j)));
    }

    /// <summary>into_j = d x_j + w y_j; the same span may be into and x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Fade(Span<float> into, float decay, ReadOnlySpan<float> x, float weight, ReadOnlySpan<float> y)
    {
        ref float to = ref MemoryMarshal.GetReference(into), a = ref MemoryMarshal.GetReference(x), b = ref MemoryMarshal.GetReference(y);
        var (d, w) = (new Vector<float>(decay), new Vector<float>(weight));
        for (var j = 0; j < into.Length; j += Width)
            Put(ref to, j, Vector.FusedMultiplyAdd(w, At(ref b, j), d * At(ref a, j)));
    }

    /// <summary>into_j = d_j x_j + w y_j; the same span may be into and x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Fade(Span<float> into, ReadOnlySpan<float> decays, ReadOnlySpan<float> x, float weight, ReadOnlySpan<float> y)
    {
        ref float to = ref MemoryMarshal.GetReference(into), a = ref MemoryMarshal.GetReference(x), b = ref MemoryMarshal.GetReference(y);
        ref var d = ref MemoryMarshal.GetReference(decays);
        var w = new Vector<float>(weight);
        for (var j = 0; j < into.Length; j += Width)
            Put(ref to, j, Vector.FusedMultiplyAdd(w, At(ref b, j), At(ref d, j) * At(ref a, j)));
    }

    /// <summary>into_j = Σ_i w_i rows_ij: the weighted sum of the rows of a matrix.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Combine(Span<float> into, ReadOnlySpan<float> weights, ReadOnlySpan<float> rows)
    {
        ref float to = ref MemoryMarshal.GetReference(into), all = ref MemoryMarshal.GetReference(rows);
        var (j, width) = (0, into.Length);
        // Eight sums at once keep the multipliers busy while each waits for its last addition.
        for (; j + (8 * Width) <= width; j += 8 * Width)
        {
            Vector<float> a = default, b = default, c = default, d = default, e = default, f = default, g = default, h = default;
            var at = j;
            foreach (var weight in weights)
            {
                var w = new Vector<float>(weight);
                a = Vector.FusedMultiplyAdd(w, At(ref all, at), a);
                b = Vector.FusedMultiplyAdd(w, At(ref all, at + Width), b);
                c = Vector.FusedMultiplyAdd(w, At(ref all, at + (2 * Width)), c);
                d = Vector.FusedMultiplyAdd(w, At(ref all, at + (3 * Width)), d);
                e = Vector.FusedMultiplyAdd(w, At(ref all, at + (4 * Width)), e);
                f = Vector.FusedMultiplyAdd(w, At(ref all, at + (5 * Width)), f);
                g = Vector.FusedMultiplyAdd(w, At(ref all, at + (6 * Width)), g);
                h = Vector.FusedMultiplyAdd(w, At(ref all, at + (7 * Width)), h);
                at += width;
            }
            Put(ref to, j, a);
            Put(ref to, j + Width, b);
            Put(ref to, j + (2 * Width), c);
            Put(ref to, j + (3 * Width), d);
            Put(ref to, j + (4 * Width), e);
            Put(ref to, j + (5 * Width), f);
            Put(ref to, j + (6 * Width), g);
            Put(ref to, j + (7 * Width), h);
        }
        for (; j < width; j += Width)
        {
            Vector<float> sum = default;
            for (var i = 0; i < weights.Length; i++)
                sum = Vector.FusedMultiplyAdd(new Vector<float>(weights[i]), At(ref all, (i * width) + j), sum);
            Put(ref to, j, sum);
        }
    }

    /// <summary>Asks for a row that is read or written soon: processors foresee no row beyond the page they are in.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static unsafe void Fetch(ReadOnlySpan<float> row)
    {
        if (!Sse.IsSupported)
            return;
        fixed (float* start = row)
        {
            for (var j = 0; j < row.Length; j += CacheLine)
                Sse.Prefetch0(start + j);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<float> At(ref float start, int index) => Vector.LoadUnsafe(ref start, (nuint)index);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(ref float start, int index, Vector<float> value) => value.StoreUnsafe(ref start, (nuint)index);
}
