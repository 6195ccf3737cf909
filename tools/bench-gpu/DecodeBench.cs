using System.Text.Json.Nodes;
using Liger.Models;
using Liger.Models.Decoding;
using Liger.Ops.Cuda;
using static TorchSharp.torch;

namespace Liger.GpuBench;

/// <summary>Prefill and one-token steps at Llama-3-8B shape.</summary>
internal static class DecodeBench
{
    private const int Portion = 8192;

    internal static void Run(Report report, string mixer, IReadOnlyList<(int Batch, int Context)> cases)
    {
        using var grad = no_grad();
        using var model = Llama8B.Make(mixer);
        foreach (var (batch, context) in cases)
            report.Try("decode 8B", new JsonObject { ["mixer"] = mixer, ["batch"] = batch, ["context"] = context }, figure => Measure(figure, model, batch, context));
    }

    private static void Measure(JsonObject figure, CausalLM model, int batch, int context)
    {
        using var scope = NewDisposeScope();
        using var state = model.NewState(batch);
        var prompt = randint(0, Llama8B.Vocabulary, [batch, context], device: model.Device);
        figure["prefill_ms"] = Math.Round(Timing.Median(() => Prefill(model, state, prompt), 1, 0), 1);
        figure["state_MiB"] = Math.Round(state.Bytes / 1048576.0, 1);
        var next = prompt.narrow(1, 0, 1).contiguous();
        using (var steps = RecordedSteps.TryStart(model, state))
            figure["ms_per_token"] = Math.Round(Timing.Median(() => { if (steps is null) model.Step(next, state).Dispose(); else steps.Step(next); }, 7, 3, 16), 3);
        figure["ms_per_token_unrecorded"] = Math.Round(Timing.Median(() => model.Step(next, state).Dispose(), 3, 2, 4), 3);
        figure["off_plain_form"] = Difference(model, prompt.narrow(1, 0, Math.Min(context, 200)).contiguous());
        figure["peak_GiB"] = Math.Round(Report.PeakGiB, 2);
    }

    /// <summary>‖recorded, with kernels − step by step, without‖ / ‖without‖ of the logits after some steps; the model computes in bf16.</summary>
    private static double Difference(CausalLM model, Tensor prompt)
    {
        const int steps = 5;
        Tensor After(bool kernels)
        {
            CudaKernels.Enabled = kernels;
            using var state = model.NewState((int)prompt.shape[0]);
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

    private static void Prefill(CausalLM model, DecodeState state, Tensor prompt)
    {
        for (long from = 0; from < prompt.shape[1]; from += Portion)
        {
            using var part = prompt.narrow(1, from, Math.Min(Portion, prompt.shape[1] - from)).contiguous();
            model.Step(part, state).Dispose();
        }
    }
}
