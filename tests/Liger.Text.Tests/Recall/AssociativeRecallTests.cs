namespace Liger.Text.Tests.Recall;

public sealed class AssociativeRecallTests
{
    private static readonly Tokenizer Tokenizer = RecallFixture.Tokenizer;

    [Fact]
    public void Pairs_of_tokens_are_asked_for_in_another_order()
    {
        var cases = new AssociativeRecall(Tokenizer, AssociativeKind.Tokens, seed: 2);
        var one = cases.Case(6, 0, queries: 4);
        Assert.Equal((6, 1 + 12 + 8, 4), (one.Pairs, one.Ids.Length, one.Answers.Count));
        var values = Enumerable.Range(0, 6).ToDictionary(i => one.Ids[1 + (2 * i)], i => one.Ids[2 + (2 * i)]);
        Assert.Equal(12, values.SelectMany(pair => new[] { pair.Key, pair.Value }).Distinct().Count());
        Assert.All(one.Answers, answer => Assert.Equal(values[one.Ids[answer.Start - 1]], one.Ids[answer.Start]));
        Assert.All(one.Ids.Skip(1), id => Assert.Matches("^ [a-z]+$", " " + Tokenizer.Decode([id]).Trim()));

        Assert.Equal(one.Ids, new AssociativeRecall(Tokenizer, AssociativeKind.Tokens, seed: 2).Case(6, 0, queries: 4).Ids);
        Assert.NotEqual(one.Ids, cases.Case(6, 1, queries: 4).Ids);
        Assert.Contains("expected at most", Assert.Throws<TextException>(() => cases.Case(5000, 0)).Message);
    }

    [Theory]
    [InlineData(AssociativeKind.Words, ',', "^ [a-z]+$")]
    [InlineData(AssociativeKind.Digits, '\n', "^ [0-9]{4}$")]
    public void Pairs_of_words_and_numbers_are_asked_for_as_they_were_said(AssociativeKind kind, char separator, string value)
    {
        var one = new AssociativeRecall(Tokenizer, kind, seed: 2).Case(5, 3);
        var lines = Tokenizer.Decode(one.Ids, skipSpecialTokens: true).Split(separator, StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(lines[..5].Order(), lines[5..].Order());
        Assert.All(one.Answers, answer => Assert.Matches(value, Tokenizer.Decode(one.Ids.Skip(answer.Start).Take(answer.Length))));
        Assert.Equal(5, new AssociativeRecall(Tokenizer, kind).Of([2, 3], 1).Sum(c => c.Answers.Count));
    }
}
