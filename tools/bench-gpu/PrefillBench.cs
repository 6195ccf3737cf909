using System.Text.Json.Nodes;
using Liger.Models;
using static TorchSharp.torch;

namespace Liger.GpuBench;

/// <summary>Reading a prompt whole, without gradients, at Llama-3-8B shape: ours and softmax over libtorch's fused attention.</summary>
internal static class PrefillBench
{
    private static readonly int[] Lengths = [1024, 4096, 16_384, 65_536];

    internal static void Run(Report report)
    {
        foreach (var mixer in new[] { "liger-gla", "softmax" })
        {
            using var grad = no_grad();
            using var model = Llama8B.Make(mixer);
            foreach (var tokens in Lengths)
                report.Try("prefill 8B", new JsonObject { ["mixer"] = mixer, ["tokens"] = tokens }, figure => Measure(figure, model, tokens));
        }
    }

    private static void Measure(JsonObject figure, CausalLM model, int tokens)
    {
        using var scope = NewDisposeScope();
        var prompt = randint(0, Llama8B.Vocabulary, [1, tokens], device: model.Device);
        var ms = Timing.Median(() => model.Hidden(prompt).Dispose(), 3, 1);
        figure["ms"] = Math.Round(ms, 1);
        figure["tokens_per_second"] = Math.Round(tokens / ms * 1e3);
        figure["peak_GiB"] = Math.Round(Report.PeakGiB, 2);
    }
}
