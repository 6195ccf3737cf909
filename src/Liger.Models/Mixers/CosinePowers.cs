namespace Liger.Models.Mixers;

/// <summary>
/// The features whose product is a power of the cosine of two heads turned into r channels: φ(x) = √(p!/Π m_i!)·Π y_i^{m_i} / |y|^p for all m with
/// Σ m_i = p, with y = Wx, so that φ(q)·φ(k) = cos^p(Wq q, Wk k): C(r+p−1, p) features of norm 1. W [r of D] "feature-query" for each query head and
/// "feature-key" for each kv head, all starting at one and the same Gaussian matrix.
/// </summary>
internal sealed class CosinePowers
{
    private const double Smallest = 1e-12, MostFeatures = 1 << 16;
    private const ulong Seed = 1;

    private readonly MixerParameter ofQueries;
    private readonly MixerParameter ofKeys;

    /// <summary>Channels of each feature, p numbers of F.</summary>
    private readonly long[][] channels;
    private readonly double[] factors;

    internal CosinePowers(MixerShape shape, int rank, int degree)
    {
        var features = Enumerable.Range(1, degree).Aggregate(1.0, (product, i) => product * (rank + i - 1) / i);
        if (features > MostFeatures)
            throw new ModelException($"mixer memory: memory-rank {rank} and memory-degree {degree} — expected at most {MostFeatures} features, got {features}. Give a smaller rank.");
        List<long[]> products = [[]];
        for (var i = 0; i < degree; i++)
            products = [.. products.SelectMany(product => Enumerable.Range(0, rank).Where(c => product.Length == 0 || c >= product[^1]).Select(c => (long[])[.. product, c]))];
        channels = [.. Enumerable.Range(0, degree).Select(i => products.Select(product => product[i]).ToArray())];
        factors = [.. products.Select(product => Math.Sqrt(Factorial(degree) / product.GroupBy(c => c).Aggregate(1.0, (orders, same) => orders * Factorial(same.Count()))))];
        MixerParameter Of(long heads) => new([heads, shape.HeadDim, rank], () =>
        {
            using var generator = new Generator(Seed);
            return (randn([1, shape.HeadDim, rank], generator: generator) / Math.Sqrt(shape.HeadDim)).repeat(heads, 1, 1);
        });
        (ofQueries, ofKeys) = (Of(shape.Heads), Of(shape.KvHeads));
    }

    /// <summary>F.</summary>
    internal long Width => factors.Length;

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
        y = y / (y.square().sum(-1, keepdim: true) + Smallest).sqrt();
        var products = torch.tensor(factors, type, x.device);
        foreach (var chosen in channels)
            products = y.index_select(-1, torch.tensor(chosen, device: x.device)) * products;
        return products.MoveToOuterDisposeScope();
    }

    private static double Factorial(int n) => n < 2 ? 1 : n * Factorial(n - 1);
}
