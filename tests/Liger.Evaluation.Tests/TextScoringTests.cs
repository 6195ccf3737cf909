using Liger.Models;
using Liger.Testing;
using Liger.Text;

namespace Liger.Evaluation.Tests;

public class TextScoringTests
{
    [Theory]
    [InlineData("softmax", 32, 64, 100)]
    [InlineData("softmax", 7, 64, 100)]
    [InlineData("liger-gla", 33, 1, 99)]
    [InlineData("window", 32, 4096, 65)]
    public void Loss_is_the_naive_cross_entropy_window_by_window(string mixer, int context, int batchTokens, int tokens)
    {
        using var model = TinyModel.Make(mixer, dtype: ScalarType.Float64);
        var ids = TinyModel.Ids(tokens);
        var records = new List<WindowRecord>();
        var progress = new Gathering();

        var score = TextScoring.Score(model, ids, new() { Context = context, BatchTokens = batchTokens }, record: records.Add, progress: progress);

        var expected = Naive(model, model, ids, context);
        Assert.Equal(expected.Select(w => w.Tokens), records.Select(r => r.Tokens));
        Assert.Equal(expected.Select(w => w.Start), records.Select(r => r.Start));
        foreach (var (want, got) in expected.Zip(records))
            Assert.Equal(want.Loss / want.Tokens, got.Loss, 1e-10);
        Assert.Equal(expected.Sum(w => w.Tokens), score.Tokens);
        Assert.Equal(expected.Sum(w => w.Loss) / expected.Sum(w => w.Tokens), score.Loss, 1e-10);
        Assert.Equal(Math.Exp(score.Loss), score.Perplexity, 1e-9 * score.Perplexity);
        Assert.Null(score.Original);
        Assert.Equal(score.Loss, progress.Reports[^1].Value, 1e-10);
        Assert.Equal(score.Windows, progress.Reports[^1].Done);
    }

    [Fact]
    public void Windows_are_consecutive_and_one_token_left_over_is_dropped()
    {
        using var model = TinyModel.Make();
        var records = new List<WindowRecord>();
        var score = TextScoring.Score(model, TinyModel.Ids(21), new() { Context = 10 }, record: records.Add);
        Assert.Equal([(0L, 9), (10L, 9)], records.Select(r => (r.Start, r.Tokens)));
        Assert.Equal((18, 2, 10), (score.Tokens, score.Windows, score.Context));

        Assert.Equal(1, TextScoring.Score(model, TinyModel.Ids(2)).Tokens);
        Assert.Equal(9, TextScoring.Score(model, TinyModel.Ids(21), new() { Context = 10, Windows = 1 }).Tokens);
    }

    [Fact]
    public void A_model_agrees_with_itself()
    {
        using var model = TinyModel.Make("liger-gla");
        var score = TextScoring.Score(model, TinyModel.Ids(64), new() { Context = 32 }, original: model);
        Assert.Equal(1, score.Original!.Agreement);
        Assert.Equal(0, score.Original.Divergence);
        Assert.Equal(score.Loss, score.Original.Loss);
    }

    [Fact]
    public void Agreement_and_divergence_are_the_naive_ones()
    {
        using var model = TinyModel.Make("liger-gla", dtype: ScalarType.Float64);
        using var original = TinyModel.Make(dtype: ScalarType.Float64);
        var ids = TinyModel.Ids(90);
        var records = new List<WindowRecord>();

        var score = TextScoring.Score(model, ids, new() { Context = 40, BatchTokens = 80 }, original, records.Add);

        var expected = Naive(model, original, ids, 40);
        double Mean(Func<NaiveWindow, double> value) => expected.Sum(value) / expected.Sum(w => w.Tokens);
        Assert.InRange(score.Original!.Agreement, 0.01, 0.99);
        Assert.Equal(Mean(w => w.Agreement), score.Original.Agreement, 1e-12);
        Assert.Equal(Mean(w => w.Divergence), score.Original.Divergence, 1e-10);
        Assert.Equal(Mean(w => w.OriginalLoss), score.Original.Loss, 1e-10);
        foreach (var (want, got) in expected.Zip(records))
            Assert.Equal(want.Divergence / want.Tokens, got.Divergence!.Value, 1e-10);
    }

    [Fact]
    public void Leaves_no_tensor_behind_and_bf16_is_near_fp32()
    {
        using var model = TinyModel.Make();
        var before = LiveTensors.Count();
        var exact = TextScoring.Score(model, TinyModel.Ids(64), new() { Context = 32 }, original: model);
        Assert.Equal(before, Tensor.TotalCount);

        using var half = TinyModel.Make(dtype: ScalarType.BFloat16);
        var score = TextScoring.Score(half, TinyModel.Ids(64), new() { Context = 32 }, original: model);
        // Eight bits of mantissa through two layers of weights as large as these.
        Assert.Equal(exact.Loss, score.Loss, 0.1);
        Assert.InRange(score.Original!.Divergence, 0, 0.1);
    }

    [Fact]
    public void The_interval_holds_the_loss()
    {
        using var model = TinyModel.Make();
        var score = TextScoring.Score(model, TinyModel.Ids(400), new() { Context = 20 });
        Assert.InRange(score.Loss, score.LossInterval!.Low, score.LossInterval.High);
        Assert.Equal(score.LossInterval, TextScoring.Score(model, TinyModel.Ids(400), new() { Context = 20 }).LossInterval);
        Assert.Null(TextScoring.Score(model, TinyModel.Ids(20)).LossInterval);
    }

    [Fact]
    public void Refuses_what_cannot_be_scored()
    {
        using var model = TinyModel.Make();
        using var other = TinyModel.Make(vocabulary: 60);
        string Message(int[] ids, TextScoringOptions? options = null, CausalLM? original = null) =>
            Assert.Throws<EvaluationException>(() => TextScoring.Score(model, ids, options, original)).Message;

        Assert.Contains("at least 2 tokens, got 1", Message([1]));
        Assert.Contains("token 50", Message([1, 50]));
        Assert.Contains("vocabulary of 60", Message([1, 2], original: other));
        Assert.Contains("context", Message([1, 2], new() { Context = 1 }));
        Assert.Throws<OperationCanceledException>(() => TextScoring.Score(model, [1, 2], cancellation: new CancellationToken(canceled: true)));

        var tokenizer = Liger.Text.TokenizerFolder.Load(TinyModel.TokenizerFolder);
        Assert.Contains("Use the tokenizer that the model was trained with", Assert.Throws<EvaluationException>(() => Vocabulary.Check(tokenizer, model)).Message);
        using var large = TinyModel.Make(vocabulary: tokenizer.VocabularySize + 3);
        Vocabulary.Check(tokenizer, large);
    }

    [Fact]
    public void Names_the_layer_where_numbers_are_lost()
    {
        using var model = TinyModel.Make();
        using (no_grad())
            model.Parameters.Single(p => p.Name == "model.layers.1.mlp.down_proj.weight").Weight[0, 0] = tensor(float.NaN);
        var error = Assert.Throws<EvaluationException>(() => TextScoring.Score(model, TinyModel.Ids(20)));
        Assert.Contains("window 0", error.Message);
        Assert.Contains("model.layers.1", error.Message);
    }

    [Fact]
    public void A_text_begins_with_the_begin_token_once()
    {
        var tokenizer = TokenizerFolder.Load(TinyModel.TokenizerFolder);
        var ids = EvaluationText.Tokenize(tokenizer, "Mia fed the cat."u8);
        Assert.Equal(tokenizer.BosId, ids[0]);
        Assert.Equal(tokenizer.EncodeToIds("Mia fed the cat.", addSpecialTokens: false), ids[1..]);
        using var folder = new TemporaryFolder();
        Assert.Contains("absent.txt", Assert.Throws<EvaluationException>(() => EvaluationText.Read(tokenizer, folder["absent.txt"])).Message);
    }

    [Fact]
    public void Documents_with_a_NUL_between_them_begin_and_end_by_themselves()
    {
        var tokenizer = TokenizerFolder.Load(TinyModel.TokenizerFolder);
        int[] Document(string text) => [tokenizer.BosId!.Value, .. tokenizer.EncodeToIds(text, addSpecialTokens: false), tokenizer.EosId!.Value];
        Assert.Equal([.. Document("Mia fed the cat."), .. Document("Tom slept.")], EvaluationText.Tokenize(tokenizer, "Mia fed the cat.\0\0Tom slept.\0"u8));
    }

    private static List<NaiveWindow> Naive(CausalLM model, CausalLM original, int[] ids, int context)
    {
        using var mode = no_grad();
        using var scope = NewDisposeScope();
        var windows = new List<NaiveWindow>();
        for (var start = 0; start < ids.Length; start += context)
        {
            var window = ids[start..Math.Min(start + context, ids.Length)];
            if (window.Length < 2)
                break;
            var input = tensor([.. window.Select(id => (long)id)], [1, window.Length]);
            var q = model.forward(input)[0].to(float64).softmax(-1);
            var p = original.forward(input)[0].to(float64).softmax(-1);
            var sums = new NaiveWindow(start, window.Length - 1, 0, 0, 0, 0);
            for (var t = 0; t < window.Length - 1; t++)
            {
                var (qs, ps) = (q[t].data<double>().ToArray(), p[t].data<double>().ToArray());
                sums = sums with
                {
                    Loss = sums.Loss - Math.Log(qs[window[t + 1]]),
                    OriginalLoss = sums.OriginalLoss - Math.Log(ps[window[t + 1]]),
                    Agreement = sums.Agreement + (Array.IndexOf(qs, qs.Max()) == Array.IndexOf(ps, ps.Max()) ? 1 : 0),
                    Divergence = sums.Divergence + ps.Zip(qs, (a, b) => a * Math.Log(a / b)).Sum(),
                };
            }
            windows.Add(sums);
        }
        return windows;
    }

    private sealed record NaiveWindow(long Start, int Tokens, double Loss, double OriginalLoss, double Agreement, double Divergence);
}
