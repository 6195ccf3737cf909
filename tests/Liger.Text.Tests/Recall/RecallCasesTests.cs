using System.Text.Json;
using System.Text.RegularExpressions;
using Liger.Testing;

namespace Liger.Text.Tests.Recall;

public sealed class RecallCasesTests
{
    private const string Weights = "weights/teacher-11m", Needles = "data/needles-teacher-11m.jsonl.gz";
    private const string Text = "data/teacher-corpus/val.txt", Names = "data/teacher-corpus/names.txt";

    // What the published cases of the teacher say and ask, behind text that may break off anywhere.
    private static readonly (string Fact, string Question)[] Published =
    [
        (" The secret number of {0} is {1}.", "\nWhat is the secret number of {0}? The secret number of {0} is"),
        (" {0} keeps the key in box {1}.", "\nWhere does {0} keep the key? {0} keeps the key in box"),
        (" Remember that the code for {0} is {1}.", "\nQuestion: what is the code for {0}? Answer: the code for {0} is"),
    ];

    private static readonly string Templates = Path.Combine(Repository.Root, "recipes", "teacher-11m", "recall.json");

    private static RecallOptions Options(int context, string? names = null) => new() { Context = context, Seed = 5, Templates = RecallTemplates.Load(Templates, names) };

    [Fact]
    public void A_case_keeps_its_distance_and_its_context_and_survives_its_file()
    {
        using var folder = new TemporaryFolder();
        var tokenizer = RecallFixture.Tokenizer;
        var cases = new RecallCases(RecallFixture.Text, Options(400)).Of([0, 17, 300], 20).ToList();
        Assert.Equal(60, cases.Count);
        Assert.All(cases, one => AssertPublishedShape(one, tokenizer, 400));
        Assert.True(cases.Select(one => one.PromptIds.Count).Distinct().Count() > 20, "cases end anywhere in the context");

        Assert.Equal(60, NeedleFile.Write(folder["n.jsonl.gz"], cases));
        var read = NeedleFile.Read(folder["n.jsonl.gz"], tokenizer);
        Assert.Equal(cases.Select(one => one.PromptIds), read.Select(one => one.PromptIds));
        Assert.Equal(cases.Select(one => (one.Prompt, one.Answer, one.Distance)), read.Select(one => (one.Prompt, one.Answer, one.Distance)));
    }

    [MaterialFact("tokenizers/llama2/tokenizer.model")]
    public void A_tokenizer_that_puts_a_space_before_a_text_gets_no_second_one()
    {
        using var folder = new TemporaryFolder();
        File.Copy(Material.Path("tokenizers/llama2/tokenizer.model"), folder["tokenizer.model"]);
        var tokenizer = TokenizerFolder.Load(folder.Path);
        var text = RecallText.Of([tokenizer.EncodeToIds(RecallFixture.Prose)], tokenizer);
        var cases = new RecallCases(text, Options(500)).Of([40], 5).ToList();
        Assert.All(cases, one => Assert.DoesNotContain("  ", one.Prompt + one.Answer));
        NeedleFile.Write(folder["n.jsonl"], cases);
        Assert.Equal(cases.Select(one => one.PromptIds), NeedleFile.Read(folder["n.jsonl"], tokenizer).Select(one => one.PromptIds));
    }

    [MaterialFact(Weights, Needles, Text, Names)]
    public void Cases_for_the_teacher_have_the_shape_of_the_published_ones()
    {
        using var folder = new TemporaryFolder();
        var tokenizer = TokenizerFolder.Load(Material.Path(Weights));
        var published = NeedleFile.Read(Material.Path(Needles), tokenizer);
        var text = RecallText.Of(TextData.Load(Material.Path(Text), tokenizer).Take(200).Select(document => document.Ids), tokenizer, apart: true);
        var options = Options(1024, Material.Path(Names));
        NeedleFile.Write(folder["made.jsonl"], new RecallCases(text, options).Of(published.Select(one => one.Distance).Distinct(), 6));
        var made = NeedleFile.Read(folder["made.jsonl"], tokenizer);
        Assert.All(published.Concat(made), one => AssertPublishedShape(one, tokenizer, 1024));

        using var line = JsonDocument.Parse(File.ReadLines(folder["made.jsonl"]).First());
        Assert.Equal(["prompt", "answer", "distance", "ids", "answer_ids"], line.RootElement.EnumerateObject().Select(member => member.Name));
    }

    private static void AssertPublishedShape(NeedleCase one, Tokenizer tokenizer, int context)
    {
        Assert.Matches("^ [0-9]{4}$", one.Answer);
        var asked = one.Prompt[one.Prompt.LastIndexOf('\n')..];
        var (fact, key) = Published.Select(pair => (pair.Fact, Regex.Match(asked, "^" + Regex.Escape(pair.Question).Replace("\\{0}", "(.+)") + "$")))
            .Where(pair => pair.Item2.Success).Select(pair => (pair.Fact, pair.Item2.Groups[1].Value)).Single();
        var said = string.Format(System.Globalization.CultureInfo.InvariantCulture, fact, key, one.Answer.Trim());
        var at = one.Prompt.IndexOf(said, StringComparison.Ordinal);
        Assert.InRange(at, 0, one.Prompt.Length);
        Assert.Equal(tokenizer.BosId, one.PromptIds[0]);
        Assert.True(one.PromptIds.Count + one.AnswerIds.Count <= context);
        Assert.Equal(one.Answer, tokenizer.Decode(one.AnswerIds));

        // Tokens of fact and question, each tokenized alone, with exactly the distance between them.
        int[] Alone(string text) => [.. tokenizer.EncodeToIds(text, addSpecialTokens: false)];
        var (factIds, questionIds, ids) = (Alone(said), Alone(asked), one.PromptIds.ToArray());
        var place = ids.AsSpan().IndexOf(factIds);
        Assert.True(place > 0, $"'{said}' is not tokenized by itself");
        Assert.Equal(questionIds, ids[^questionIds.Length..]);
        Assert.Equal(one.Distance, ids.Length - questionIds.Length - place - factIds.Length);
    }
}
