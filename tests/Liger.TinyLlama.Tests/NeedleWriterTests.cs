using System.IO.Compression;
using System.Text.Json;
using Liger.Text;
using Liger.TinyLlama.Needles;
using Liger.TinyLlama.Writing;

namespace Liger.TinyLlama.Tests;

public class NeedleWriterTests(TrainedVocabulary trained) : IClassFixture<TrainedVocabulary>
{
    [Theory]
    [InlineData(16)]
    [InlineData(192)]
    [InlineData(448)]
    public void A_case_says_its_answer_at_the_distance(int distance)
    {
        var writer = new NeedleWriter(trained.Grammar, trained.Tokenizer, Corpus.Context);
        for (ulong stream = 0; stream < 10; stream++)
        {
            var one = writer.Write(new Prng(99, stream), distance);
            Assert.True(one.PromptIds.Count + one.AnswerIds.Count <= Corpus.Context);
            Assert.Equal(one.PromptIds, trained.Tokenizer.EncodeToIds(one.Prompt));
            Assert.Equal([.. one.PromptIds, .. one.AnswerIds], trained.Tokenizer.EncodeToIds(one.Prompt + one.Answer));
            Assert.StartsWith(" ", one.Answer);
            var (said, asked) = (one.Prompt.LastIndexOf(one.Answer, StringComparison.Ordinal), one.Prompt.LastIndexOf('\n') + 1);
            Assert.InRange(said, 0, asked);
            var between = trained.Tokenizer.EncodeToIds(one.Prompt[(said + one.Answer.Length)..asked], addSpecialTokens: false).Count;
            Assert.InRange(between, distance, distance + 12); // the rest of the fact's own sentence is between them too
        }
    }

    [Fact]
    public void The_committed_cases_are_for_the_committed_tokenizer()
    {
        var counts = new Dictionary<int, int>();
        foreach (var line in Lines(Path.Combine(TrainedVocabulary.Folder, "needles.jsonl.gz")))
        {
            using var json = JsonDocument.Parse(line);
            var one = json.RootElement;
            var distance = one.GetProperty("distance").GetInt32();
            counts[distance] = counts.GetValueOrDefault(distance) + 1;
            Assert.Equal(trained.Tokenizer.EncodeToIds(one.GetProperty("prompt").GetString()!), one.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32()));
        }
        Assert.Equal([16, 48, 96, 192, 320, 448], counts.Keys);
        Assert.All(counts.Values, count => Assert.InRange(count, 30, 60));
    }

    private static IEnumerable<string> Lines(string path)
    {
        using var reader = new StreamReader(new GZipStream(File.OpenRead(path), CompressionMode.Decompress));
        while (reader.ReadLine() is { } line)
            yield return line;
    }
}
