using System.Text.Json.Nodes;
using Liger.Checkpoints;
using Liger.Models;
using Liger.Models.Mixers;
using Liger.Text;
using Liger.Training;
using static TorchSharp.torch;

namespace Liger.Bench.Workers;

/// <summary>A unit is one step of the trainer that users get, on the same batch every time. Nothing is clipped or decayed, as on the other side.</summary>
internal sealed class TrainingWork : IWork
{
    private const long Endless = 1_000_000;
    private readonly CausalLM model;
    private readonly LoraAdapter adapter;
    private readonly Trainer trainer;
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("liger-bench-run-");

    internal TrainingWork(string checkpoint, string adapter, string mixer, ScalarType dtype, WorkInputs inputs)
    {
        using var folder = CheckpointFolder.Open(checkpoint);
        model = CausalLM.Load(folder, dtype, mixer: new MixerSpec(mixer, new Dictionary<string, string>()));
        this.adapter = Lora.Open(model, adapter);
        var options = new TrainerOptions
        {
            Steps = Endless,
            Batch = inputs.Rows.Length,
            Accumulation = 1,
            Schedule = new ScheduleOptions { LearningRate = inputs.LearningRate, Kind = ScheduleKind.Constant },
            Optimizer = new AdamWOptions { WeightDecay = 0 },
            Clip = null,
            SaveEvery = Endless,
        };
        trainer = new Trainer(NextToken.Lora(model, this.adapter), [.. inputs.Rows.Select(Row)], [], options, RunFolder.Create(this.folder.FullName));
    }

    /// <inheritdoc/>
    public void Run(Turns turns)
    {
        using var end = new CancellationTokenSource();
        if (turns.Begin())
            _ = trainer.Run(progress: new Progress(turns, end), cancellation: end.Token);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        adapter.Dispose();
        model.Dispose();
        folder.Delete(recursive: true);
    }

    private static PackedRow Row(int[] ids) => new(ids, [TokenSequence.Unscored, .. ids[1..]], [0]);

    private sealed class Progress(Turns turns, CancellationTokenSource end) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            if (!turns.Done(new JsonObject { ["loss"] = value.Loss }))
                end.Cancel();
        }
    }
}
