using System.Text.RegularExpressions;
using Liger.Testing;

namespace Liger.Text.Tests.Recall;

public sealed class RecallTemplatesTests
{
    [Fact]
    public void The_built_in_ones_draw_words_without_braces_left()
    {
        var templates = RecallTemplates.Default;
        var prng = new Prng(1);
        foreach (var kind in templates.Facts.SelectMany(f => new[] { f.Key, f.Value }).Concat(templates.Lists.SelectMany(l => new[] { l.Key, l.Value })).Distinct())
            for (var i = 0; i < 30; i++)
                Assert.Matches(new Regex("^[^{}]+$"), templates.Words.Draw(prng, kind));
        for (var i = 0; i < 200; i++)
            Assert.Matches("^[1-9][0-9]{1,2}$", templates.Words.Draw(prng, "digits 2-3"));
    }

    [Fact]
    public void Names_of_a_file_take_the_place_of_the_built_in_ones()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["names"], "Aamir\n\nZoe \n");
        var templates = RecallTemplates.Load(null, folder["names"]);
        var prng = new Prng(1);
        Assert.Equal(["Aamir", "Zoe"], Enumerable.Range(0, 50).Select(_ => templates.Words.Draw(prng, "name")).Distinct().Order());
    }

    [Theory]
    [InlineData("""{"facts": [{"key": "nam", "value": "digits 4", "fact": "{key} {value}", "answer": "{key} {value}"}]}""", "facts[0].key: no kind 'nam'")]
    [InlineData("""{"facts": [{"key": "name", "value": "digits 4-2", "fact": "{key} {value}", "answer": "{key} {value}"}]}""", "facts[0].value: no kind 'digits 4-2'")]
    [InlineData("""{"facts": [{"key": "name", "value": "thing", "fact": "{key}", "answer": "{key} {value}"}]}""", "facts[0].fact: expected {value}")]
    [InlineData("""{"facts": [{"key": "name", "value": "thing", "fact": "{key} {value}", "answer": "It is {value}"}]}""", "expected {key} in question or answer")]
    [InlineData("""{"lists": [{"key": "name", "value": "thing", "line": "{value} {key}"}]}""", "lists[0].line: expected {key} before {value}")]
    [InlineData("""{"words": {"a": ["{b}"], "b": ["{a}"]}, "facts": []}""", "a → b → a")]
    [InlineData("""{"words": {"a": []}, "facts": []}""", "no words for 'a'")]
    [InlineData("""{"facts": []}""", "no templates")]
    public void What_cannot_be_drawn_is_named(string json, string expected)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["t.json"], json);
        Assert.Contains($"t.json: ", Assert.Throws<TextException>(() => RecallTemplates.Load(folder["t.json"])).Message);
        Assert.Contains(expected, Assert.Throws<TextException>(() => RecallTemplates.Load(folder["t.json"])).Message);
    }

    [Theory]
    [InlineData("eval/models/tiny-llama/recall.json")]
    [InlineData("recipes/teacher-11m/recall.json")]
    public void The_wording_of_a_model_reads(string file) => Assert.NotEmpty(RecallTemplates.Load(Path.Combine(Repository.Root, file)).Facts);
}
