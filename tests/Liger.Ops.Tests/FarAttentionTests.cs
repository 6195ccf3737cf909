using Liger.Testing;

namespace Liger.Ops.Tests;

public class FarAttentionTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(40)]
    [InlineData(1030)]
    public void The_strongest_weight_is_that_of_the_softmax_written_out(int tokens)
    {
        using var scope = NewDisposeScope();
        const int heads = 4, kvHeads = 2, size = 3, window = 6, sinks = 2;
        using var generator = new Generator(3);
        Tensor Random(int count) => randn([2, tokens, count, size], float64, generator: generator) * 2;
        var (q, k) = (Random(heads), Random(kvHeads));
        // The second row holds two documents and ends in padding.
        var start = tokens / 3;
        var documents = torch.stack([zeros([tokens], int64), arange(tokens).ge(start).to(int64)]);
        var positions = torch.stack([arange(tokens), torch.where(arange(tokens).ge(start), arange(tokens) - start, arange(tokens))]);
        if (tokens > 1)
            documents[1, tokens - 1] = torch.tensor(-1L);
        var got = FarAttention.Strongest(q, k, new Visibility(window, sinks), positions, documents);

        var scores = q.unflatten(2, kvHeads, -1).permute(0, 2, 3, 1, 4).matmul(k.permute(0, 2, 3, 1).unsqueeze(2)) / Math.Sqrt(size);
        var (at, of) = (positions.data<long>().ToArray(), documents.data<long>().ToArray());
        var expected = new double[2, tokens, kvHeads];
        for (var b = 0; b < 2; b++)
            for (var t = 0; t < tokens; t++)
            {
                if (of[(b * tokens) + t] < 0)
                    continue;
                var first = t - (int)at[(b * tokens) + t];
                var weights = scores[b].narrow(2, t, 1).narrow(3, first, t + 1 - first).softmax(-1).amax([1, 2]).data<double>().ToArray();
                for (var j = first; j <= t - window; j++)
                    for (var h = 0; h < kvHeads && j - first >= sinks; h++)
                        expected[b, j, h] = Math.Max(expected[b, j, h], weights[(h * (t + 1 - first)) + j - first]);
            }
        TensorAssert.Close(got, torch.tensor([.. expected.Cast<double>()], [2, tokens, kvHeads], float64));
        Assert.Throws<OpsException>(() => FarAttention.Strongest(q, k.narrow(3, 0, 2), default));
    }
}
