using Liger.Testing;

namespace Liger.Text.Tests.Recall;

public sealed class RecallWindowsTests
{
    private const int Context = 320;
    private static readonly Tokenizer Tokenizer = RecallFixture.Tokenizer;

    private static RecallWindows Windows(double lists, long seed = 3, double far = 0) =>
        new(RecallFixture.Text, new RecallOptions { Context = Context, Seed = seed, ListShare = lists, FarShare = far });

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0, 1)]
    [InlineData(1, 0)]
    public void A_window_has_its_length_and_says_every_answer_before_it_asks(double lists, double far)
    {
        var windows = Windows(lists, far: far);
        for (var number = 0; number < 40; number++)
        {
            var window = windows[number];
            Assert.Equal(Context, window.Ids.Length);
            Assert.Equal(Tokenizer.BosId, window.Ids[0]);
            Assert.DoesNotContain(window.Ids.Skip(1), Tokenizer.IsSpecial);
            Assert.NotEmpty(window.Answers);
            var end = 0;
            foreach (var answer in window.Answers)
            {
                Assert.True(answer.Start >= end);
                end = answer.Start + answer.Length;
                var value = Tokenizer.Decode(window.Ids[answer.Start..end]);
                Assert.Contains(value.Trim(), Tokenizer.Decode(window.Ids[..answer.Start]));
            }
        }
    }

    [Fact]
    public void Far_facts_are_said_at_the_beginning_and_asked_for_at_the_end()
    {
        // Tokens from where an answer is said first to where it is asked for, the shortest of each window.
        int Nearest(RecallWindow window) => window.Answers.Min(answer =>
        {
            var value = Tokenizer.Decode(window.Ids[answer.Start..(answer.Start + answer.Length)]).Trim();
            return answer.Start - Enumerable.Range(1, answer.Start).First(end => Tokenizer.Decode(window.Ids[..end]).Contains(value, StringComparison.Ordinal));
        });
        int[] Of(double far) => [.. Enumerable.Range(0, 30).Select(i => Nearest(Windows(0, far: far)[i]))];
        // Facts and questions take up to 60 percent of a window; of the rest four fifths lie between.
        Assert.All(Of(1), distance => Assert.True(distance > Context * 3 / 10, $"{distance} tokens"));
        Assert.Contains(Of(0), distance => distance < Context / 10);
        Assert.Contains("far facts", Assert.Throws<TextException>(() => Windows(0, far: 1.1)).Message);
    }

    [Fact]
    public void The_same_seed_gives_the_same_windows_in_any_order_and_on_any_thread()
    {
        var (one, two) = (Windows(0.5), Windows(0.5));
        var apart = new RecallWindow[30];
        Parallel.For(0, apart.Length, i => apart[apart.Length - 1 - i] = two[apart.Length - 1 - i]);
        Assert.All(Enumerable.Range(0, apart.Length), i => Assert.Equal(one[i].Ids, apart[i].Ids));
        Assert.NotEqual(one[0].Ids, Windows(0.5, seed: 4)[0].Ids);
        Assert.NotEqual(one[0].Ids, one[1].Ids);
    }

    [Fact]
    public void A_row_scores_the_answers_or_everything()
    {
        var window = Windows(0.5)[7];
        var (answers, all) = (window.Row(onlyAnswers: true), window.Row(onlyAnswers: false));
        Assert.Equal(window.Answers, answers.Answers);
        Assert.Equal([0], answers.DocumentStarts);
        Assert.Equal(window.Answers.Sum(a => a.Length), answers.Labels.Count(label => label != TokenSequence.Unscored));
        foreach (var answer in window.Answers)
            Assert.Equal(window.Ids.Skip(answer.Start).Take(answer.Length), answers.Labels.Skip(answer.Start).Take(answer.Length));
        Assert.Equal(window.Ids.Skip(1), all.Labels.Skip(1));
        Assert.Equal(TokenSequence.Unscored, all.Labels[0]);
    }

    [Theory]
    [InlineData("w.jsonl", true)]
    [InlineData("w.jsonl.gz", false)]
    public void A_file_of_windows_is_read_back_and_trained_on_a_row_each(string name, bool onlyAnswers)
    {
        using var folder = new TemporaryFolder();
        var made = Enumerable.Range(0, 5).Select(i => Windows(0.5)[i]).ToList();
        Assert.Equal(5, RecallFile.Write(folder[name], made, Tokenizer, onlyAnswers));
        Assert.Equal([folder[name]], Directory.GetFiles(folder.Path));

        var read = RecallFile.Read(folder[name], Tokenizer);
        Assert.Equal(made.SelectMany(w => w.Answers), read.SelectMany(w => w.Answers));
        var rows = Packing.Pack(TextData.Load(folder[name], Tokenizer), new PackingOptions { RowLength = Context }).ToList();
        Assert.Equal(made.Select(w => w.Ids), rows.Select(r => r.Ids));
        Assert.Equal(made.Select(w => w.Row(onlyAnswers).Labels), rows.Select(r => r.Labels));
    }

    [Theory]
    [InlineData("""{"ids": [1, 2, 3], "answers": [[0, 1]]}""", "answers[0]")]
    [InlineData("""{"ids": [1, 2, 3], "answers": [[2, 2]]}""", "answers[0]")]
    [InlineData("""{"ids": [1, 2, 3], "answers": []}""", "no answer")]
    [InlineData("""{"ids": [1, 99999], "answers": [[1, 1]]}""", "ids[1]")]
    [InlineData("""{"text": "other", "ids": [40, 41], "answers": [[1, 1]]}""", "do not spell")]
    [InlineData("""{"ids": [1, 2], "answers": [[1, 1]], "scored": "some"}""", "'some' is unknown")]
    public void A_window_that_is_none_is_named(string line, string expected)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["w.jsonl"], line);
        var message = Assert.Throws<TextException>(() => RecallFile.Read(folder["w.jsonl"], Tokenizer)).Message;
        Assert.Contains("line 1", message);
        Assert.Contains(expected, message);
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        Assert.Contains("at least 64", Assert.Throws<TextException>(() => new RecallWindows(RecallFixture.Text, new RecallOptions { Context = 63 })).Message);
        Assert.Contains("Give more text", Assert.Throws<TextException>(() => new RecallWindows(RecallFixture.Text, new RecallOptions { Context = 1 << 20 })).Message);
        Assert.Contains("at most", Assert.Throws<TextException>(() => new RecallCases(RecallFixture.Text, new RecallOptions { Context = 200 })[200, 0]).Message);
    }
}
