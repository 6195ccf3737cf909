namespace Liger.Ops;

/// <summary>Checks of the shapes that operators agree on: queries [B,T,H,D], keys and values [B,T,Hkv,D].</summary>
internal static class Shapes
{
    /// <summary>Fails unless keys and values fit the queries and the query heads divide evenly among the kv heads.</summary>
    internal static void CheckHeads(string op, Tensor q, Tensor k, Tensor v)
    {
        long[] qs = q.shape, ks = k.shape, vs = v.shape;
        if (qs.Length != 4)
            throw new OpsException($"{op}: q — expected [B,T,H,D], got {Text(qs)}.");
        if (ks.Length != 4 || ks[0] != qs[0] || ks[3] != qs[3])
            throw new OpsException($"{op}: k — expected [{qs[0]},T,Hkv,{qs[3]}], got {Text(ks)}.");
        if (vs.Length != 4 || vs[0] != ks[0] || vs[1] != ks[1] || vs[2] != ks[2])
            throw new OpsException($"{op}: v — expected [{ks[0]},{ks[1]},{ks[2]},Dv], got {Text(vs)}.");
        if (qs[2] % ks[2] != 0)
            throw new OpsException($"{op}: q — expected a multiple of {ks[2]} heads, got {qs[2]}.");
    }

    /// <summary>Fails unless a tensor has exactly this shape.</summary>
    internal static void Check(string op, string name, Tensor tensor, params ReadOnlySpan<long> expected)
    {
        if (!tensor.shape.AsSpan().SequenceEqual(expected))
            throw new OpsException($"{op}: {name} — expected {Text(expected)}, got {Text(tensor.shape)}.");
    }

    /// <summary>The dtype of recurrences and softmaxes: float64 stays, everything else is fp32.</summary>
    internal static ScalarType Accumulator(Tensor tensor) => tensor.dtype == float64 ? float64 : float32;

    /// <summary>[B,T,H,D] → [B,Hkv,R,T,D]: the query heads of one kv head side by side.</summary>
    internal static Tensor GroupQueries(Tensor q, long kvHeads) =>
        q.unflatten(2, kvHeads, q.shape[2] / kvHeads).permute(0, 2, 3, 1, 4);

    /// <summary>[B,Hkv,R,T,D] → [B,T,H,D].</summary>
    internal static Tensor UngroupQueries(Tensor grouped) => grouped.permute(0, 3, 1, 2, 4).flatten(2, 3);

    private static string Text(ReadOnlySpan<long> shape) => $"[{string.Join(",", shape.ToArray())}]";
}
