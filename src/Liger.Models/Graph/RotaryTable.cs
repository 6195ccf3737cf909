using Liger.Ops;

namespace Liger.Models.Graph;

/// <summary>Cosines and sines of the tokens at hand, shared by all layers.</summary>
/// <param name="Cos">[T,D/2] or [B,T,D/2].</param>
/// <param name="Sin">As Cos.</param>
public sealed record RotaryTable(Tensor Cos, Tensor Sin)
{
    /// <summary>Turns queries or keys [B,T,H,D].</summary>
    public Tensor Apply(Tensor x) => Rotary.Apply(x, Cos, Sin);

    /// <summary>The table of some of the tokens.</summary>
    internal RotaryTable Slice(long from, long tokens) => new(Cos.narrow(-2, from, tokens), Sin.narrow(-2, from, tokens));

    /// <summary>The table behind tokens that are turned already, which it leaves as they are.</summary>
    internal RotaryTable After(long tokens)
    {
        long[] size = [.. Cos.shape];
        size[^2] = tokens;
        return new(cat([ones(size, Cos.dtype, Cos.device), Cos], -2), cat([zeros(size, Sin.dtype, Sin.device), Sin], -2));
    }

    /// <summary>A table of the same shape that turns nothing.</summary>
    internal RotaryTable Still() => new(ones_like(Cos), zeros_like(Sin));
}
