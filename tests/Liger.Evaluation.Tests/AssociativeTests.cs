using Liger.Models;
using Liger.Testing;
using Liger.Text;

namespace Liger.Evaluation.Tests;

public class AssociativeTests
{
    [Theory]
    [InlineData("softmax")]
    [InlineData("liger-gla")]
    public void An_answer_is_right_when_all_its_tokens_are_the_likeliest_after_the_true_ones(string mixer)
    {
        using var model = TinyModel.Make(mixer, dtype: ScalarType.Float64);
        var cases = Enumerable.Range(0, 7).Select(i => Case(model, TinyModel.Ids(20 + (5 * i), seed: i), pairs: 4 * (i % 2))).ToList();
        var records = new List<AssociativeRecord>();
        var before = LiveTensors.Count();

        var score = AssociativeScoring.Score(model, cases, new() { BatchTokens = 90 }, records.Add);

        Assert.Equal(before, Tensor.TotalCount);
        foreach (var record in records)
        {
            var one = cases[record.Case];
            var likeliest = Following(model, one.Ids);
            Assert.Equal(one.Answers.Select(a => Enumerable.Range(a.Start, a.Length).All(t => likeliest[t - 1] == one.Ids[t])), record.Correct);
            // The first two were made right; the third begins right and ends wrong.
            Assert.Equal([true, true, false], record.Correct);
        }
        Assert.Equal((7, 21, 14, 14 / 21.0), (score.Cases, score.Answers, score.Correct, score.Accuracy));
        Assert.Equal([(0, 12, 8), (4, 9, 6)], score.Sizes.Select(size => (size.Pairs, size.Answers, size.Correct)));
        Assert.All(score.Sizes, size => Assert.InRange(size.Accuracy, size.AccuracyInterval.Low, size.AccuracyInterval.High));
    }

    [Fact]
    public void Cases_that_do_not_fit_the_model_are_refused()
    {
        using var model = TinyModel.Make();
        string Refused(params RecallWindow[] cases) => Assert.Throws<EvaluationException>(() => AssociativeScoring.Score(model, cases)).Message;
        Assert.Contains("no case", Refused());
        Assert.Contains("case 0: token 50", Refused(new RecallWindow([1, 50], [new AnswerSpan(1, 1)])));
        Assert.Contains("case 1 — expected at least 1 answer", Refused(new RecallWindow([1, 2], [new AnswerSpan(1, 1)]), new RecallWindow([1, 2], [])));
        Assert.Contains("an answer of 2 tokens from 1", Refused(new RecallWindow([1, 2], [new AnswerSpan(1, 2)])));
    }

    // Answers of 1, 2 and 2 tokens, put where the model then says them, but for the last token.
    private static RecallWindow Case(CausalLM model, int[] ids, int pairs)
    {
        foreach (var place in (int[])[6, 11, 12, 17])
            ids[place] = Following(model, ids)[place - 1];
        ids[18] = (Following(model, ids)[17] + 1) % TinyModel.Vocabulary;
        return new RecallWindow(ids, [new AnswerSpan(6, 1), new AnswerSpan(11, 2), new AnswerSpan(17, 2)]) { Pairs = pairs };
    }

    private static int[] Following(CausalLM model, int[] ids)
    {
        using var mode = no_grad();
        using var scope = NewDisposeScope();
        return [.. model.forward(tensor([.. ids.Select(id => (long)id)], [1, ids.Length])).argmax(-1).data<long>().ToArray().Select(id => (int)id)];
    }
}
