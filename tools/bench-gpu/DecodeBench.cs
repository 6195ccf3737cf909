using System.Text.Json.Nodes;
using Liger.Models;
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
        figure["ms_per_token"] = Math.Round(Timing.Median(() => model.Step(next, state).Dispose(), 7, 3, 8), 3);
        figure["peak_GiB"] = Math.Round(Report.PeakGiB, 2);
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
