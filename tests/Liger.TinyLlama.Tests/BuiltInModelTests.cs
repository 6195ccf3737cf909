using Liger.Checkpoints;
using Liger.Evaluation;
using Liger.Models;
using Liger.Text;
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
        var cases = NeedleFile.Read(Path.Combine(TrainedVocabulary.Folder, "needles.jsonl.gz"), TokenizerFolder.Load(TrainedVocabulary.Folder));
        var measured = NeedleScoring.Score(model, [.. cases.GroupBy(one => one.Distance).SelectMany(group => group.Take(group.Key == Farthest ? int.MaxValue : CasesNearer))]);
        Assert.All(measured.Distances, at => Assert.True(at.Accuracy >= LeastRecall, $"at distance {at.Distance}: {at.Accuracy:P1} of the cases — expected at least {LeastRecall:P0}"));
    }
}
