namespace Liger.Models.Mixers;

/// <summary>Kernels of the far part of joint attention, by the feature maps that sum them up.</summary>
public enum JointMapKind
{
    /// <summary>1 + s + s²/2 of the softmax's own scores s: e^s to the second order, above 0 for every s.</summary>
    Quadratic,

    /// <summary>[softmax(xW), softmax(−xW)] with a learned W for each head (Zhang et al. 2024, arXiv 2402.04347).</summary>
    Hedgehog,

    /// <summary>softmax over the channels.</summary>
    Softmax,

    /// <summary>elu(x) + 1.</summary>
    Elu,

    /// <summary>max(x, 0).</summary>
    Relu,
}

/// <summary>A feature map whose products are at least 0, with what it declares.</summary>
internal abstract class JointMap(long width)
{
    /// <summary>F: features of a head.</summary>
    internal long Width { get; } = width;

    internal virtual IEnumerable<(string Name, MixerParameter Parameter)> Parameters => [];

    internal static JointMap Of(JointMapKind kind, MixerShape shape) => kind switch
    {
        JointMapKind.Quadratic => new QuadraticMap(shape.HeadDim),
        JointMapKind.Hedgehog => new HedgehogMap(shape),
        JointMapKind.Softmax => new PlainMap(FeatureMapKind.Softmax, shape.HeadDim),
        JointMapKind.Elu => new PlainMap(FeatureMapKind.Elu, shape.HeadDim),
        _ => new PlainMap(FeatureMapKind.Relu, shape.HeadDim),
    };

    /// <summary>[B,T,H,D] → [B,T,H,F], at least fp32.</summary>
    internal abstract Tensor Queries(Tensor q);

    /// <summary>[B,T,Hkv,D] → [B,T,Hkv,F], at least fp32.</summary>
    internal abstract Tensor Keys(Tensor k);

    /// <summary>Kernels [B,Hkv,R,Tq,Tk] of all pairs.</summary>
    /// <param name="scores">q·k/√D of the softmax.</param>
    /// <param name="q">[B,Tq,H,D].</param>
    /// <param name="k">[B,Tk,Hkv,D].</param>
    internal virtual Tensor Kernel(Tensor scores, Tensor q, Tensor k)
    {
        var keys = Keys(k).permute(0, 2, 3, 1).unsqueeze(2);
        return Queries(q).unflatten(2, k.shape[2], -1).permute(0, 2, 3, 1, 4).matmul(keys);
    }

    private sealed class PlainMap(FeatureMapKind kind, long headDim) : JointMap(headDim)
    {
        private readonly FeatureMap map = new(kind);

        internal override Tensor Queries(Tensor q) => map.Apply(q);

        internal override Tensor Keys(Tensor k) => map.Apply(k);
    }
}

/// <summary>
/// φ(x) = [1, y, y_i²/√2, y_i·y_j for i &lt; j] with y = x/D^¼, so that φ(q)·φ(k) = 1 + s + s²/2 for s = q·k/√D, exactly:
/// 1 + D + D(D+1)/2 features (2,145 of 64 channels).
/// </summary>
internal sealed class QuadraticMap : JointMap
{
    private readonly int headDim;
    private readonly long[] firsts;
    private readonly long[] seconds;
    private readonly double[] factors;

    internal QuadraticMap(int headDim)
        : base(1 + headDim + (headDim * (headDim + 1L) / 2))
    {
        this.headDim = headDim;
        var pairs = Enumerable.Range(0, headDim).SelectMany(i => Enumerable.Range(i, headDim - i).Select(j => (I: (long)i, J: (long)j))).ToList();
        (firsts, seconds) = ([.. pairs.Select(p => p.I)], [.. pairs.Select(p => p.J)]);
        factors = [.. pairs.Select(p => p.I == p.J ? Math.Sqrt(0.5) : 1)];
    }

    internal override Tensor Queries(Tensor q) => Features(q);

    internal override Tensor Keys(Tensor k) => Features(k);

    internal override Tensor Kernel(Tensor scores, Tensor q, Tensor k) => (scores * ((scores * 0.5) + 1)) + 1;

    private Tensor Features(Tensor x)
    {
        var y = x.to(RecurrentMixer.Accumulator(x)) * Math.Pow(headDim, -0.25);
        var (first, second) = (torch.tensor(firsts, device: x.device), torch.tensor(seconds, device: x.device));
        var weights = torch.tensor(factors, y.dtype, x.device);
        return cat([ones_like(y.narrow(-1, 0, 1)), y, y.index_select(-1, first) * y.index_select(-1, second) * weights], -1);
    }
}

/// <summary>
/// φ(x) = [softmax(xW), softmax(−xW)], W [D,D] for each query head ("feature-query") and each kv head ("feature-key"), both starting at the
/// identity. Differs from LoLCATs, which has key maps for each query head: one a kv head lets the query heads of a group share a state.
/// </summary>
internal sealed class HedgehogMap(MixerShape shape) : JointMap(2L * shape.HeadDim)
{
    private readonly MixerParameter ofQueries = Identities(shape.Heads, shape.HeadDim);
    private readonly MixerParameter ofKeys = Identities(shape.KvHeads, shape.HeadDim);

    internal override IEnumerable<(string Name, MixerParameter Parameter)> Parameters => [("feature-query", ofQueries), ("feature-key", ofKeys)];

    internal override Tensor Queries(Tensor q) => Features(q, ofQueries.Value);

    internal override Tensor Keys(Tensor k) => Features(k, ofKeys.Value);

    private static MixerParameter Identities(long heads, long size) => new([heads, size, size], () => eye(size).unsqueeze(0).repeat(heads, 1, 1));

    private static Tensor Features(Tensor x, Tensor weight)
    {
        var type = RecurrentMixer.Accumulator(x);
        // [B,T,H,1,D] × [H,D,D].
        var turned = x.to(type).unsqueeze(-2).matmul(weight.to(type)).squeeze(-2);
        return cat([turned.softmax(-1), turned.neg().softmax(-1)], -1);
    }
}
