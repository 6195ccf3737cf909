namespace Liger.Ops.Cuda;

/// <summary>What a kernel must know of a recurrence whose gate and features are made of the keys, one gate a channel.</summary>
/// <param name="Divisor">τ: g = log σ(k)/τ.</param>
/// <param name="Complementary">Keys 1 − e^g (HGRN2) instead of softmax(k) (GLA). Queries are softmax(q).</param>
public readonly record struct KeyGatedRecurrence(double Divisor, bool Complementary);

/// <summary>One token of Liger attention: the window, the recurrence and their mixture in one kernel. The plain form is the sum of the mixers' single steps.</summary>
public static class LigerStepKernel
{
    private const string Source = "liger_step.cu";
    private const int Columns = 32, Threads = 128, Parts = 4, MostSharedBytes = 200 << 10, MostGroups = 8;

    /// <summary>Whether the kernel takes these sizes and types.</summary>
    public static bool Serves(Tensor q, Tensor k, int slots)
    {
        var groups = q.shape[2] / k.shape[2];
        return CudaKernels.Serve(q) && q.dtype == bfloat16 && q.shape[3] % Columns == 0 && groups <= MostGroups && SharedBytes(q.shape[3], groups, slots) <= MostSharedBytes;
    }

    /// <param name="q">[B,1,H,D], before rotary embedding.</param>
    /// <param name="k">[B,1,Hkv,D].</param>
    /// <param name="v">[B,1,Hkv,D].</param>
    /// <param name="rotary">Cosines and sines of the token, [1,D/2] each.</param>
    /// <param name="ring">Keys and values, [B,Hkv,W + n,D] each; the token at p lies in slot p, or n + (p − n) mod W. Taken in.</param>
    /// <param name="state">[B,Hkv,D,D] in fp32, updated.</param>
    /// <param name="position">[1] int64.</param>
    /// <param name="visibility">W and n.</param>
    /// <param name="recurrence">Gate and features.</param>
    /// <param name="mix">Weight of the window.</param>
    /// <returns>[B,1,H,D].</returns>
    public static Tensor Run(Tensor q, Tensor k, Tensor v, (Tensor Cos, Tensor Sin) rotary, (Tensor Keys, Tensor Values) ring, Tensor state,
        Tensor position, Visibility visibility, KeyGatedRecurrence recurrence, double mix)
    {
        using var scope = NewDisposeScope();
        long batch = q.shape[0], heads = q.shape[2], kvHeads = k.shape[2], dim = q.shape[3], groups = heads / kvHeads;
        var (window, sinks) = (visibility.Window!.Value, visibility.Sinks);
        var output = empty([batch, 1, heads, dim], q.dtype, q.device);
        CudaModule.Get(Source, ("HEAD_DIM", (int)dim), ("GROUPS", (int)groups)).Launch("liger_step", (dim / Columns, kvHeads, batch), Threads,
            SharedBytes(dim, groups, window + sinks),
            [q.contiguous(), k.contiguous(), v.contiguous(), rotary.Cos, rotary.Sin, ring.Keys, ring.Values, state, position, output, (int)heads, (int)kvHeads,
                window, sinks, (float)mix, (float)(1 / recurrence.Divisor), recurrence.Complementary ? 1 : 0]);
        return output.MoveToOuterDisposeScope();
    }

    private static int SharedBytes(long dim, long groups, int slots) =>
        (int)((((2 * groups) + 4) * dim) + (groups * slots) + (Parts * groups * Columns)) * sizeof(float);
}
