using System.IO.Compression;
using System.Text.Json;
using Liger.Checkpoints;
using Liger.Models;
using Liger.TinyLlama.Model;
using Liger.TinyLlama.Needles;
using static TorchSharp.torch;

namespace Liger.TinyLlama.Tests;

public class BuiltInModelTests
{
    private const double LeastRecall = 0.95;

    private const int Farthest = 448;
    private const int CasesNearer = 6; // of each shorter distance; all 36 of the farthest

    [Fact]
    public void The_committed_model_recalls_over_its_whole_context()
    {
        using var folder = CheckpointFolder.Open(TrainedVocabulary.Folder);
        using var model = CausalLM.Load(folder, ScalarType.Float32);
        var measured = NeedleAccuracy.Measure(model, [.. Cases().GroupBy(one => one.Distance).SelectMany(cases => cases.Take(cases.Key == Farthest ? int.MaxValue : CasesNearer))]);
        Assert.All(measured, pair => Assert.True(pair.Value >= LeastRecall, $"at distance {pair.Key}: {pair.Value:P1} of the cases — expected at least {LeastRecall:P0}"));
    }

    private static IEnumerable<NeedleCase> Cases()
    {
        using var reader = new StreamReader(new GZipStream(File.OpenRead(Path.Combine(TrainedVocabulary.Folder, "needles.jsonl.gz")), CompressionMode.Decompress));
        while (reader.ReadLine() is { } line)
        {
            using var json = JsonDocument.Parse(line);
            var one = json.RootElement;
            yield return new NeedleCase(
                one.GetProperty("prompt").GetString()!, one.GetProperty("answer").GetString()!, one.GetProperty("distance").GetInt32(), Ids(one, "ids"), Ids(one, "answer_ids"));
        }
    }

    private static List<int> Ids(JsonElement one, string name) => [.. one.GetProperty(name).EnumerateArray().Select(id => id.GetInt32())];
}
