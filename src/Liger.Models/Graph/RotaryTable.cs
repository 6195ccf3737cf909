using Liger.Ops;

namespace Liger.Models.Graph;

/// <summary>Cosines and sines of the tokens at hand, shared by all layers.</summary>
/// <param name="Cos">[T,D/2] or [B,T,D/2].</param>
/// <param name="Sin">As Cos.</param>
public sealed record RotaryTable(Tensor Cos, Tensor Sin)
{
    /// <summary>Turns queries or keys [B,T,H,D].</summary>
    public Tensor Apply(Tensor x) => Rotary.Apply(x, Cos, Sin);

    /// <summary>A table of the same shape that turns nothing.</summary>
    internal RotaryTable Still() => new(ones_like(Cos), zeros_like(Sin));
}
