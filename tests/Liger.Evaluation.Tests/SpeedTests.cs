using Liger.Testing;
namespace Liger.Evaluation.Tests;

public class SpeedTests
{
    [Theory]
    [InlineData("softmax")]
    [InlineData("liger-gla")]
    [InlineData("liger-gsa")]
    public void Times_every_run_and_counts_what_is_kept(string mixer)
    {
        using var model = TinyModel.Make(mixer);
        var before = LiveTensors.Count();
        var progress = new Gathering();

        var score = SpeedMeter.Measure(model, new() { Context = 100, DecodeTokens = 2 }, progress);

        Assert.Equal(before, Tensor.TotalCount);
        Assert.Equal(5, score.Runs.Count);
        Assert.Equal(5, progress.Reports.Count);
        Assert.Equal(score.Runs.Select(r => r.SecondsToFirstToken).Order().ElementAt(2), score.SecondsToFirstToken);
        Assert.Equal(score.Runs.Select(r => r.DecodeTokensPerSecond).Order().ElementAt(2), score.DecodeTokensPerSecond);
        Assert.True(score.SecondsToFirstToken > 0);
        Assert.Equal(StateSize.Of(model, 100), score.StateBytes);
    }

    [Fact]
    public void A_linearized_model_keeps_no_more_for_more_tokens()
    {
        using var softmax = TinyModel.Make();
        using var gla = TinyModel.Make("liger-gla");
        // Keys and values of two layers, two heads of 8 numbers in fp32.
        Assert.Equal(1000 * 2 * 2 * 2 * 8 * 4, StateSize.Of(softmax, 1000));
        Assert.Equal(StateSize.Of(gla, 1000), StateSize.Of(gla, 100_000));
    }

    [Fact]
    public void Refuses_a_median_of_few()
    {
        using var model = TinyModel.Make();
        Assert.Throws<EvaluationException>(() => SpeedMeter.Measure(model, new() { Runs = 4 }));
        Assert.Throws<EvaluationException>(() => SpeedMeter.Measure(model, new() { Context = 0 }));
        Assert.Throws<OperationCanceledException>(() => SpeedMeter.Measure(model, cancellation: new CancellationToken(canceled: true)));
    }
}
