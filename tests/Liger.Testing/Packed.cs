using static TorchSharp.torch;

namespace Liger.Testing;

/// <summary>Rows that hold several documents.</summary>
public static class Packed
{
    /// <summary>[B,T] document numbers: short and long documents, boundaries inside chunks, on their edges, and chunks that start several.</summary>
    public static Tensor Documents(long batch, long tokens)
    {
        var ids = new long[batch * tokens];
        for (var b = 0; b < batch; b++)
        {
            long id = 0, left = 1 + b;
            for (var t = 0; t < tokens; t++)
            {
                if (left-- == 0)
                    (id, left) = (id + 1, (id * 29 % 70) + b);
                ids[(b * tokens) + t] = id;
            }
        }
        return tensor(ids, [batch, tokens]);
    }
}
