namespace Liger.Models.Mixers;

/// <summary>
/// The features whose product is the squared cosine of two heads turned into r channels: φ(x) = [y_i², √2·y_i·y_j for i &lt; j] / |y|² with y = Wx,
/// so that φ(q)·φ(k) = cos²(Wq q, Wk k), r(r+1)/2 features of norm 1. W [r of D] "feature-query" for each query head and "feature-key" for each
/// kv head, all starting at one and the same Gaussian matrix.
/// </summary>
internal sealed class CosineSquares
{
    private const double Smallest = 1e-12;
    private const ulong Seed = 1;

    private readonly MixerParameter ofQueries;
    private readonly MixerParameter ofKeys;
    private readonly int rank;

    internal CosineSquares(MixerShape shape, int rank)
    {
        this.rank = rank;
        MixerParameter Of(long heads) => new([heads, shape.HeadDim, rank], () =>
        {
            using var generator = new Generator(Seed);
            return (randn([1, shape.HeadDim, rank], generator: generator) / Math.Sqrt(shape.HeadDim)).repeat(heads, 1, 1);
        });
        (ofQueries, ofKeys) = (Of(shape.Heads), Of(shape.KvHeads));
    }

    /// <summary>F.</summary>
    internal long Width => rank * (rank + 1L) / 2;

    internal IEnumerable<(string Name, MixerParameter Parameter)> Parameters => [("feature-query", ofQueries), ("feature-key", ofKeys)];

    /// <summary>[B,T,H,D] → [B,T,H,F], at least fp32.</summary>
    internal Tensor Queries(Tensor q) => Features(q, ofQueries.Value);

    /// <summary>[B,T,Hkv,D] → [B,T,Hkv,F], at least fp32.</summary>
    internal Tensor Keys(Tensor k) => Features(k, ofKeys.Value);

    private Tensor Features(Tensor x, Tensor weight)
    {
        using var scope = NewDisposeScope();
        var type = RecurrentMixer.Accumulator(x);
        // [B,T,H,1,D] × [H,D,r].
        var y = x.to(type).unsqueeze(-2).matmul(weight.to(type)).squeeze(-2);
        // Made where they are used: a step that is recorded takes nothing from the host.
        var pairs = triu_indices(rank, rank, device: x.device);
        var (first, second) = (pairs.select(0, 0), pairs.select(0, 1));
        var factors = full(first.shape, Math.Sqrt(2), type, x.device).masked_fill_(first.eq(second), 1);
        var products = y.index_select(-1, first) * y.index_select(-1, second) * factors;
        return (products / (y.square().sum(-1, keepdim: true) + Smallest)).MoveToOuterDisposeScope();
    }
}
