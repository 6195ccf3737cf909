using System.Text.Json.Nodes;
using Liger.Models;
using Liger.Models.Decoding;
using Liger.Ops.Cuda;
using static TorchSharp.torch;

namespace Liger.GpuBench;

/// <summary>
/// One-token steps at Llama-3-8B shape. All contexts of a batch size are read first; then they take turns, some steps each in every round, so that
/// a card that has warmed up, or has just read a long prompt, is the same for all of them.
/// </summary>
internal static class DecodeBench
{
    private const int Rounds = 15, StepsARound = 16, PlainPrompt = 200;

    internal static void Run(Report report, string mixer, IReadOnlyList<(int Batch, int Context)> cases)
    {
        using var grad = no_grad();
        using var model = Llama8B.Make(mixer);
        foreach (var group in cases.GroupBy(one => one.Batch, one => one.Context))
        {
            Report.Begin();
            var (figures, sequences) = (new List<JsonObject>(), new List<Sequence>());
            foreach (var context in group)
            {
                var figure = new JsonObject { ["mixer"] = mixer, ["batch"] = group.Key, ["context"] = context };
                figures.Add(figure);
                Report.Attempt(figure, () => sequences.Add(new Sequence(model, group.Key, context, figure)));
            }
            TakeTurns(sequences);
            foreach (var sequence in sequences)
            {
                Report.Attempt(sequence.Figure, () => sequence.Describe(sequences[0]));
                sequence.Dispose();
            }
            foreach (var figure in figures)
                report.Add("decode 8B", figure);
        }
        report.Try("decode 8B, off the plain form", new JsonObject { ["mixer"] = mixer }, figure => figure["relative"] = Difference(model));
    }

    private static void TakeTurns(List<Sequence> sequences)
    {
        for (var round = -1; round < Rounds; round++)
            for (var i = 0; i < sequences.Count; i++)
                sequences[(i + round + 1) % sequences.Count].Time(keep: round >= 0);
    }

    /// <summary>‖recorded, with kernels − step by step, without‖ / ‖without‖ of the logits after some steps; the model computes in bf16.</summary>
    private static double Difference(CausalLM model)
    {
        const int steps = 5;
        using var scope = NewDisposeScope();
        var prompt = randint(0, Llama8B.Vocabulary, [1, PlainPrompt], device: model.Device);
        Tensor After(bool kernels)
        {
            CudaKernels.Enabled = kernels;
            using var state = model.NewState(1);
            var logits = model.Step(prompt, state);
            using var recorded = kernels ? RecordedSteps.TryStart(model, state) : null;
            for (var i = 0; i < steps; i++)
                logits = recorded?.Step(prompt.narrow(1, i, 1)).clone() ?? model.Step(prompt.narrow(1, i, 1).contiguous(), state);
            CudaKernels.Enabled = true;
            return logits.to(float32);
        }

        var (with, without) = (After(true), After(false));
        return Math.Round(((with - without).norm() / without.norm()).item<float>(), 5);
    }

    /// <summary>Rows that have read their prompts, and their recorded step.</summary>
    private sealed class Sequence : IDisposable
    {
        private readonly CausalLM model;
        private readonly DecodeState state;
        private readonly Tensor next;
        private readonly List<double> times = [];
        private RecordedSteps? steps;

        internal Sequence(CausalLM model, int batch, int context, JsonObject figure)
        {
            (this.model, Figure, state) = (model, figure, model.NewState(batch));
            using var scope = NewDisposeScope();
            var prompt = randint(0, Llama8B.Vocabulary, [batch, context], device: model.Device);
            Portions.Read(model, state, prompt);
            next = prompt.narrow(1, 0, 1).clone().DetachFromDisposeScope();
            steps = RecordedSteps.TryStart(model, state);
        }

        internal JsonObject Figure { get; }

        private double Median => times[times.Count / 2];

        internal void Time(bool keep)
        {
            var ms = Timing.Median(Step, 1, 1, StepsARound);
            if (keep)
                times.Add(ms);
            times.Sort();
        }

        internal void Describe(Sequence first)
        {
            var figure = Figure;
            figure["ms_per_token"] = Math.Round(Median, 3);
            figure["ms_range"] = new JsonArray(Math.Round(times[0], 3), Math.Round(times[^1], 3));
            figure["over_first_context"] = Math.Round(Median / first.Median, 4);
            figure["state_MiB"] = Math.Round(state.Bytes / 1048576.0, 1);
            steps?.Dispose();
            steps = null;
            figure["ms_per_token_unrecorded"] = Math.Round(Timing.Median(Step, 3, 2, 4), 3);
            figure["peak_GiB"] = Math.Round(Report.PeakGiB, 2);
        }

        public void Dispose()
        {
            steps?.Dispose();
            state.Dispose();
            next.Dispose();
        }

        private void Step()
        {
            if (steps is null)
                model.Step(next, state).Dispose();
            else
                steps.Step(next);
        }
    }
}
