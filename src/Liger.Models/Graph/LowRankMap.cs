namespace Liger.Models.Graph;

/// <summary>A frozen linear map with an addition of low rank: y = base(x) + s·(x∘m)AᵀBᵀ.</summary>
/// <param name="Base">The map; neither its weight nor its bias is trained.</param>
/// <param name="A">[R,C], fp32; null: nothing is added.</param>
/// <param name="B">[O,R], fp32.</param>
/// <param name="Scale">s.</param>
/// <param name="Mask">m, [N,C] for x of N rows, already divided by the share that is kept; null: all of x.</param>
public sealed record LowRankMap(Linear Base, Tensor? A = null, Tensor? B = null, double Scale = 1, Tensor? Mask = null);
