using Liger.Checkpoints;
using Liger.Evaluation;
using Liger.Models;
using Liger.Models.Mixers;
using Liger.Testing;
using Liger.Text;
using Liger.TinyLlama.Model;
using Liger.TinyLlama.Needles;
using Liger.TinyLlama.Rows;
using Liger.TinyLlama.Writing;
using Liger.Training;
using static TorchSharp.torch;

namespace Liger.TinyLlama.Tests;

public class ModelTests(TrainedVocabulary trained) : IClassFixture<TrainedVocabulary>
{
    [Fact]
    public void A_few_steps_of_training_lower_the_loss_and_the_checkpoint_reads_back()
    {
        using var folder = new TemporaryFolder();
        using var model = Fresh();
        var rows = new RowSource(new Corpus(trained.Grammar, 21), trained.Tokenizer, 32).Ahead(threads: 1).Take(48).Select(ids => new PackedRow(ids, ids, [0])).ToList();
        var files = TokenizerFolder.Files(TrainedVocabulary.Folder);
        var plan = new TrainingPlan { Tokens = 48 * 32, Context = 32, Batch = 8, LearningRate = 1e-2 };
        var losses = new Losses();
        new Trainer(NextToken.All(model, to => CheckpointFiles.Replace(model, files, to)), rows, [], plan.Options, RunFolder.Create(folder["run"])).Run(progress: losses);
        Assert.Equal(6, losses.Count);
        Assert.InRange(losses[0], 6.5, 7.5);
        Assert.InRange(losses[^1], 3, losses[0] - 0.3);

        var to = Directory.CreateDirectory(folder["model"]).FullName;
        File.WriteAllText(Path.Combine(to, "other.txt"), "stays");
        CheckpointFiles.Write(model, files, to);
        Assert.True(File.Exists(Path.Combine(to, "other.txt")));
        using var opened = CheckpointFolder.Open(to);
        using var read = CausalLM.Load(opened, ScalarType.Float32);
        var ids = tensor(rows[0].Ids.Select(id => (long)id).ToArray(), [1, 32]);
        Assert.InRange((model.forward(ids) - read.forward(ids)).abs().max().item<float>(), 0, 0.05); // weights are rounded to bf16
        Assert.Equal(trained.Tokenizer.EncodeToIds("The secret number"), TokenizerFolder.Load(to).EncodeToIds("The secret number"));
    }

    [Fact]
    public void An_untrained_model_recalls_nothing()
    {
        using var model = Fresh();
        var writer = new NeedleWriter(trained.Grammar, trained.Tokenizer, 128);
        var measured = NeedleScoring.Score(model, [.. Enumerable.Range(0, 4).Select(number => writer.Write(new Prng(22, (ulong)number), 16))]);
        Assert.Equal((16, 0.0), (measured.Distances.Single().Distance, measured.Accuracy));
    }

    private CausalLM Fresh() => CausalLM.Build(TinyShape.Config(trained.Tokenizer.VocabularySize), MixerSpec.Softmax, new RandomWeights(1));

    private sealed class Losses : List<double>, IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => Add(value.Loss);
    }
}
