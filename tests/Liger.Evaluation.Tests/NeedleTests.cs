using System.IO.Compression;
using System.Text;
using Liger.Models;
using Liger.Testing;
using Liger.Text;

namespace Liger.Evaluation.Tests;

public class NeedleTests
{
    [Theory]
    [InlineData("softmax")]
    [InlineData("liger-gla")]
    public void A_case_is_right_when_greedy_decoding_says_so(string mixer)
    {
        using var model = TinyModel.Make(mixer, dtype: ScalarType.Float64);
        var cases = new List<NeedleCase>();
        for (var i = 0; i < 12; i++)
        {
            var prompt = TinyModel.Ids(5 + (7 * i), seed: i);
            var answer = Greedy(model, prompt, 1 + (i % 4));
            // Two of three cases ask for something the model does not say, one from the first token, one from the last.
            if (i % 3 == 1)
                answer[0] = (answer[0] + 1) % TinyModel.Vocabulary;
            if (i % 3 == 2)
                answer[^1] = (answer[^1] + 1) % TinyModel.Vocabulary;
            cases.Add(new NeedleCase("p", "a", 16 * (i % 2), prompt, answer));
        }
        var records = new List<NeedleRecord>();
        var before = LiveTensors.Count();

        var score = NeedleScoring.Score(model, cases, new() { BatchTokens = 200 }, records.Add);

        Assert.Equal(before, Tensor.TotalCount);
        Assert.Equal(Enumerable.Range(0, 12), records.Select(r => r.Case).Order());
        foreach (var record in records)
        {
            var one = cases[record.Case];
            var made = Greedy(model, one.PromptIds, one.AnswerIds.Count);
            Assert.Equal(record.Case % 3 == 0, record.Correct);
            Assert.Equal(made.SequenceEqual(one.AnswerIds), record.Correct);
            Assert.Equal(made[..record.PredictedIds.Count], record.PredictedIds);
        }
        Assert.Equal((12, 4, 4 / 12.0), (score.Cases, score.Correct, score.Accuracy));
        Assert.Equal([(0, 6, 2), (16, 6, 2)], score.Distances.Select(d => (d.Distance, d.Cases, d.Correct)));
        Assert.All(score.Distances, d => Assert.InRange(d.Accuracy, d.AccuracyInterval.Low, d.AccuracyInterval.High));
    }

    [Fact]
    public void Reads_the_cases_of_the_built_in_model()
    {
        var tokenizer = TokenizerFolder.Load(TinyModel.TokenizerFolder);
        var path = Path.Combine(TinyModel.TokenizerFolder, "needles.jsonl.gz");
        var cases = NeedleFile.Read(path, tokenizer);
        Assert.True(cases.Count > 100);
        Assert.All(cases, c => Assert.Equal(c.Answer, tokenizer.Decode(c.AnswerIds)));

        // Without the ids, tokenizing gives the same ones.
        using var folder = new TemporaryFolder();
        using (var reader = new StreamReader(new GZipStream(File.OpenRead(path), CompressionMode.Decompress)))
            File.WriteAllText(folder["plain.jsonl"], string.Concat(reader.ReadToEnd().Split('\n').Select(line => line.Replace("\"ids\"", "\"x\"").Replace("\"answer_ids\"", "\"y\"") + "\n")));
        var again = NeedleFile.Read(folder["plain.jsonl"], tokenizer);
        Assert.Equal(cases.Select(c => c.AnswerIds), again.Select(c => c.AnswerIds));
        Assert.Equal(cases.Select(c => c.PromptIds), again.Select(c => c.PromptIds));
    }

    [Fact]
    public void Another_tokenizers_ids_are_not_used()
    {
        var tokenizer = TokenizerFolder.Load(TinyModel.TokenizerFolder);
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["a.jsonl"], """{"prompt":"The key is","answer":" green","distance":3,"ids":[5,6,7,999999],"answer_ids":[8]}""");
        var one = Assert.Single(NeedleFile.Read(folder["a.jsonl"], tokenizer));
        Assert.Equal(tokenizer.BosId, one.PromptIds[0]);
        Assert.Equal("The key is green", tokenizer.Decode(one.PromptIds.Skip(1).Concat(one.AnswerIds)));
    }

    [Theory]
    [InlineData("""{"prompt":"a","answer":"b"}""", "line 2.distance: ")]
    [InlineData("""{"prompt":"a","distance":1}""", "line 2.answer: ")]
    [InlineData("""{"prompt":3,"answer":"b","distance":1}""", "line 2")]
    [InlineData("{", "line 2")]
    [InlineData("[]", "line 2")]
    public void A_bad_line_is_named(string line, string expected)
    {
        var tokenizer = TokenizerFolder.Load(TinyModel.TokenizerFolder);
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["bad.jsonl"], $"{{\"prompt\":\"a\",\"answer\":\"b\",\"distance\":1}}\n{line}\n");
        var error = Assert.Throws<TextException>(() => NeedleFile.Read(folder["bad.jsonl"], tokenizer));
        Assert.Contains($"{folder["bad.jsonl"]}: {expected}", error.Message);
    }

    [Fact]
    public void Files_that_are_none_are_refused()
    {
        var tokenizer = TokenizerFolder.Load(TinyModel.TokenizerFolder);
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["empty.jsonl"], "\n");
        Assert.Contains("no recall case", Assert.Throws<TextException>(() => NeedleFile.Read(folder["empty.jsonl"], tokenizer)).Message);
        Assert.Contains("absent", Assert.Throws<TextException>(() => NeedleFile.Read(folder["absent"], tokenizer)).Message);
        File.WriteAllBytes(folder["cut.gz"], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, .. Encoding.ASCII.GetBytes("nothing")]);
        Assert.Throws<TextException>(() => NeedleFile.Read(folder["cut.gz"], tokenizer));
    }

    [Fact]
    public void Cases_that_do_not_fit_the_model_are_refused()
    {
        using var model = TinyModel.Make();
        Assert.Contains("case 0: token 50", Assert.Throws<EvaluationException>(() => NeedleScoring.Score(model, [new("p", "a", 1, [1], [50])])).Message);
        Assert.Contains("no case", Assert.Throws<EvaluationException>(() => NeedleScoring.Score(model, [])).Message);
        Assert.Contains("at least 1 token", Assert.Throws<EvaluationException>(() => NeedleScoring.Score(model, [new("p", "a", 1, [1], [])])).Message);
    }

    private static int[] Greedy(CausalLM model, IReadOnlyList<int> prompt, int count)
    {
        using var mode = no_grad();
        using var scope = NewDisposeScope();
        using var state = model.NewState(1);
        var read = prompt.Select(id => (long)id).ToArray();
        var made = new int[count];
        for (var i = 0; i < count; i++)
        {
            var next = model.Step(tensor(read, [1, read.Length]), state).argmax(-1).item<long>();
            made[i] = (int)next;
            read = [next];
        }
        return made;
    }
}
