using System.Diagnostics;
using System.Text.Json.Nodes;
using Liger.Models;
using Liger.Text;
using Liger.Training;

namespace Liger.GpuBench;

/// <summary>The LoRA step of the published recipe, r = 8 on q, k, v, at Llama-3-8B shape.</summary>
internal static class TrainBench
{
    private const int WarmUp = 2, Steps = 7;

    // As the published stack trains, which it is timed beside.
    private static readonly LoraOptions Published = new() { Targets = ["q_proj", "k_proj", "v_proj"] };

    internal static void Run(Report report, string mixer, IReadOnlyList<(int Batch, int Tokens, bool Recompute)> cases)
    {
        using var model = Llama8B.Make(mixer);
        using var adapter = Lora.Attach(model, Published, 1);
        foreach (var (batch, tokens, recompute) in cases)
            report.Try("LoRA step 8B", new JsonObject { ["mixer"] = mixer, ["batch"] = batch, ["tokens"] = tokens, ["recompute"] = recompute },
                figure => Measure(figure, model, adapter, batch, tokens, recompute));
    }

    private static void Measure(JsonObject figure, CausalLM model, LoraAdapter adapter, int batch, int tokens, bool recompute)
    {
        model.RecomputeLayers = recompute;
        var random = new Random(1);
        PackedRow[] rows = [.. Enumerable.Range(0, batch).Select(_ => Row(random, tokens))];
        var folder = Directory.CreateTempSubdirectory("liger-bench-");
        try
        {
            var options = new TrainerOptions { Steps = WarmUp + Steps, Batch = batch, Accumulation = 1, SaveEvery = 1_000_000 };
            var clock = new Clock();
            var result = new Trainer(NextToken.Lora(model, adapter), rows, [], options, RunFolder.Create(folder.FullName)).Run(progress: clock);
            var seconds = clock.Seconds.Skip(WarmUp).Order().ToList();
            figure["ms"] = Math.Round(seconds[seconds.Count / 2] * 1e3, 2);
            figure["ms_range"] = new JsonArray(Math.Round(seconds[0] * 1e3, 2), Math.Round(seconds[^1] * 1e3, 2));
            figure["tokens_per_second"] = Math.Round(batch * tokens / seconds[seconds.Count / 2]);
            figure["peak_GiB"] = Math.Round(Report.PeakGiB, 2);
            figure["loss"] = result.Loss;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static PackedRow Row(Random random, int tokens)
    {
        int[] ids = [.. Enumerable.Range(0, tokens).Select(_ => random.Next(Llama8B.Vocabulary))];
        return new PackedRow(ids, [TokenSequence.Unscored, .. ids[1..]], [0]);
    }

    // Every step ends with a read of its loss, so that wall time between reports is the time of a step.
    private sealed class Clock : IProgress<TrainingProgress>
    {
        private long last = Stopwatch.GetTimestamp();

        internal List<double> Seconds { get; } = [];

        public void Report(TrainingProgress value)
        {
            Seconds.Add(Stopwatch.GetElapsedTime(last).TotalSeconds);
            last = Stopwatch.GetTimestamp();
        }
    }
}
