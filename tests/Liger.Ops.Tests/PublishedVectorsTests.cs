using Liger.Testing;

namespace Liger.Ops.Tests;

/// <summary>Small vectors computed in float64 from the published formulas (Liger, arXiv 2503.01496): one kv head, two query heads.</summary>
public class PublishedVectorsTests
{
    private static readonly double[][] Expected =
    [
        [0.694540, 0.726080, 0.675221, 0.547648], // gla, head 0, token 4
        [0.644667, 0.675427, 0.628299, 0.508595], // gla, head 1, token 4
        [0.724894, 0.891183, 0.882363, 0.703370], // hgrn2, head 0, token 4
        [0.153228, 0.168722, 0.163032, 0.137049], // gsa, head 0, token 4
        [0.719035, 0.873391, 0.912908, 0.837701], // window of 3 keys, head 0, token 4
    ];

    [Fact]
    public void Every_branch_gives_the_published_numbers()
    {
        using var scope = NewDisposeScope();
        Tensor Make(long heads, Func<int, int, int, double> value) => tensor(
            [.. from t in Enumerable.Range(0, 5) from h in Enumerable.Range(0, (int)heads) from d in Enumerable.Range(0, 4) select value(h, t, d)], [1, 5, heads, 4]);
        var q = Make(2, (h, t, d) => Math.Sin(1 + (0.9 * t) + (0.5 * h) + (0.3 * d)));
        var k = Make(1, (_, t, d) => Math.Cos((0.4 * t) + (0.7 * d)));
        var v = Make(1, (_, t, d) => Math.Sin((0.2 * t * d) + (0.1 * t) - (0.3 * d) + 0.5));
        var gate = nn.functional.logsigmoid(k);

        var gla = GatedLinearAttention.Chunked(q.softmax(-1), k.softmax(-1), v, gate / 16).Output;
        var hgrn2 = GatedLinearAttention.Chunked(q.softmax(-1), 1 - k.sigmoid(), v, gate).Output;
        var gsa = GatedSlotAttention.Chunked(q, k, v, gate / 16).Output;
        var frequencies = pow(10000, [0, -0.5]);
        var (cos, sin) = Rotary.Table(frequencies, arange(5), float64);
        var window = WindowAttention.Forward(Rotary.Apply(q, cos, sin), Rotary.Apply(k, cos, sin), v, new Visibility(3));

        Tensor[] actual = [gla[0, 4, 0], gla[0, 4, 1], hgrn2[0, 4, 0], gsa[0, 4, 0], window[0, 4, 0]];
        foreach (var (got, wanted) in actual.Zip(Expected))
            TensorAssert.Close(got, tensor(wanted), 1e-6); // the vectors are given to six digits
    }

    private static Tensor pow(double theta, double[] exponents) => tensor([.. exponents.Select(e => Math.Pow(theta, e))]);
}
