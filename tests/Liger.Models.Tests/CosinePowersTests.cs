using Liger.Models.Mixers;
using Liger.Testing;

namespace Liger.Models.Tests;

public class CosinePowersTests
{
    private const int HeadDim = 6;

    [Theory]
    [InlineData(5, 1, 5)]
    [InlineData(5, 2, 15)]
    [InlineData(4, 3, 20)]
    [InlineData(1, 3, 1)]
    [InlineData(3, 4, 15)]
    public void Products_of_features_are_powers_of_cosines(int rank, int degree, int width)
    {
        using var scope = NewDisposeScope();
        var features = new CosinePowers(new MixerShape(4, 2, HeadDim), rank, degree);
        Assert.Equal(width, features.Width);
        using var generator = new Generator(5);
        Tensor Random(params long[] size) => randn(size, float64, generator: generator);
        var (q, k) = (Random(2, 7, 4, HeadDim), Random(2, 7, 2, HeadDim));
        var weight = features.Parameters.First().Parameter.Value.to(float64);
        // All heads start at one matrix.
        Tensor Unit(Tensor x)
        {
            var y = x.matmul(weight[0]);
            return y / y.square().sum(-1, keepdim: true).sqrt();
        }
        var (ofQueries, ofKeys) = features.Of(q, k);
        var (asked, kept) = (ofQueries.unflatten(2, 2, 2), ofKeys.unsqueeze(3));
        var cosines = (Unit(q).unflatten(2, 2, 2) * Unit(k).unsqueeze(3)).sum(-1);
        TensorAssert.Close((asked * kept).sum(-1), cosines.pow(degree), 1e-6, "what keeps from dividing by 0 shows beside a small y");
        TensorAssert.Close(ofKeys.square().sum(-1), ones([2, 7, 2], float64), 1e-6);
        Assert.True(features.Of(q, zeros_like(k)).Keys.eq(0).all().item<bool>());
    }

    [Fact]
    public void More_features_than_anyone_wants_are_refused() =>
        Assert.Contains("expected at most 65536 features", Assert.Throws<ModelException>(() => new CosinePowers(new MixerShape(2, 1, HeadDim), 128, 3)).Message);
}
