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
    private readonly int rank;
    private readonly int degree;

    internal CosinePowers(MixerShape shape, int rank, int degree)
    {
        var features = Enumerable.Range(1, degree).Aggregate(1.0, (product, i) => product * (rank + i - 1) / i);
        if (features > MostFeatures)
            throw new ModelException($"mixer memory: memory-rank {rank} and memory-degree {degree} — expected at most {MostFeatures} features, got {features}. Give a smaller rank.");
        (this.rank, this.degree, Width) = (rank, degree, (long)Math.Round(features));
        MixerParameter Of(long heads) => new([heads, shape.HeadDim, rank], () =>
        {
            using var generator = new Generator(Seed);
            return (randn([1, shape.HeadDim, rank], generator: generator) / Math.Sqrt(shape.HeadDim)).repeat(heads, 1, 1);
        });
        (ofQueries, ofKeys) = (Of(shape.Heads), Of(shape.KvHeads));
    }

    /// <summary>F.</summary>
    internal long Width { get; }

    internal IEnumerable<(string Name, MixerParameter Parameter)> Parameters => [("feature-query", ofQueries), ("feature-key", ofKeys)];

    /// <summary>The features of both, at least fp32.</summary>
    /// <param name="q">[B,T,H,D] → [B,T,H,F].</param>
    /// <param name="k">[B,T,Hkv,D], of the same dtype → [B,T,Hkv,F].</param>
    internal (Tensor Queries, Tensor Keys) Of(Tensor q, Tensor k)
    {
        using var scope = NewDisposeScope();
        var type = RecurrentMixer.Accumulator(q);
        var (channels, factors) = Products(type, q.device);
        return (Features(q, ofQueries).MoveToOuterDisposeScope(), Features(k, ofKeys).MoveToOuterDisposeScope());

        Tensor Features(Tensor x, MixerParameter weight)
        {
            // [B,T,H,1,D] × [H,D,r].
            var y = x.to(type).unsqueeze(-2).matmul(weight.Value.to(type)).squeeze(-2);
            y = y / (y.square().sum(-1, keepdim: true) + Smallest).sqrt();
            return channels.Aggregate(factors, (products, chosen) => y.index_select(-1, chosen) * products);
        }
    }

    /// <summary>Of each feature the p channels in ascending order, [F] each, and its factor, [F].</summary>
    /// <remarks>Made where they are used: a step that is recorded takes nothing from the host.</remarks>
    private (IReadOnlyList<Tensor> Channels, Tensor Factors) Products(ScalarType type, Device device)
    {
        // All choices as numbers of p digits; those that ascend move to the front, all others behind them.
        long Power(int exponent) => Enumerable.Repeat((long)rank, exponent).Aggregate(1L, (product, r) => product * r);
        var all = arange(Power(degree), device: device);
        Tensor[] digits = [.. Enumerable.Range(0, degree).Select(i => all.div(Power(degree - 1 - i), RoundingMode.floor).remainder(rank))];
        var ascends = digits.Zip(digits.Skip(1), (one, next) => one.le(next)).Aggregate(ones_like(all, @bool), (one, other) => one.logical_and(other));
        var place = (ascends.cumsum(0) - 1).masked_fill(ascends.logical_not(), Width);
        var first = zeros([Width + 1], int64, device).scatter_(0, place, all).narrow(0, 0, Width);
        Tensor[] channels = [.. digits.Select(digit => digit.index_select(0, first))];
        // m! is the product of 1 … m, which a run of equal channels counts to.
        var run = ones([Width], type, device);
        var orders = run;
        for (var i = 1; i < degree; i++)
        {
            run = (run * channels[i].eq(channels[i - 1]).to(type)) + 1;
            orders = orders * run;
        }
        return (channels, (Enumerable.Range(1, degree).Aggregate(1.0, (product, i) => product * i) / orders).sqrt());
    }
}
