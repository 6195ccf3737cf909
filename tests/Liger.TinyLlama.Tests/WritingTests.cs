using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Liger.Text;
using Liger.TinyLlama.Writing;

namespace Liger.TinyLlama.Tests;

public class WritingTests
{
    private static readonly Grammar Grammar = Grammar.Load();

    [Fact]
    public void A_seed_gives_the_same_texts_on_every_machine()
    {
        var text = string.Join("\n\n", new Corpus(Grammar, 1).Texts(200_000));
        Assert.Equal("BE347D9491E239D0", Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..16]);
    }

    [Fact]
    public void Texts_do_not_depend_on_the_order_they_are_asked_for()
    {
        var corpus = new Corpus(Grammar, 4);
        var forward = Enumerable.Range(0, 50).Select(number => corpus[number]).ToList();
        Assert.Equal(forward, Enumerable.Range(0, 50).Reverse().Select(number => corpus[number]).Reverse());
        Assert.Equal(50, forward.Distinct().Count());
    }

    [Fact]
    public void No_slot_is_left_in_a_text()
    {
        foreach (var text in new Corpus(Grammar, 5).Texts(500_000))
        {
            Assert.DoesNotMatch(@"[{}#|^]|\ba [aeiou]|\ban [^aeiou]|\.\.", text);
            Assert.DoesNotContain("  ", text);
            Assert.DoesNotContain("\n\n", text);
        }
    }

    [Fact]
    public void A_question_has_one_answer_and_it_was_said_before()
    {
        var recall = new RecallWriter(Grammar);
        for (ulong stream = 0; stream < 200; stream++)
        {
            var text = recall.Facts(new Prng(6, stream), 1400);
            foreach (Match asked in Regex.Matches(text, @"What is the secret number of (\w+)\? The secret number of \w+ is (\d+)\."))
            {
                var before = text[..asked.Index];
                var said = Regex.Matches(before, $@"(?:number of {asked.Groups[1].Value} is|{asked.Groups[1].Value} has the secret number) (\d+)");
                Assert.NotEmpty(said);
                Assert.All(said, match => Assert.Equal(asked.Groups[2].Value, match.Groups[1].Value));
            }
        }
    }

    [Fact]
    public void Stories_use_a_large_part_of_the_vocabulary()
    {
        var words = Regex.Matches(string.Concat(new Corpus(Grammar, 7).Texts(1_000_000)), @"\b[a-z]+\b").Select(match => match.Value);
        Assert.InRange(words.Distinct().Count(), 600, 20_000);
    }
}
