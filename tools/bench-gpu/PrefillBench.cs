using System.Text.Json.Nodes;
using Liger.Models;
using Liger.Models.Decoding;
using static TorchSharp.torch;

namespace Liger.GpuBench;

/// <summary>
/// Reading a prompt without gradients, at Llama-3-8B shape: ours and softmax over libtorch's fused attention, in one pass; ours also in portions
/// with a state, as generation reads it.
/// </summary>
internal static class PrefillBench
{
    private static readonly int[] Lengths = [1024, 4096, 16_384, 65_536];

    internal static void Run(Report report, string mixer, bool portions)
    {
        using var grad = no_grad();
        using var model = Llama8B.Make(mixer);
        foreach (var tokens in Lengths)
        {
            report.Try("prefill 8B", new JsonObject { ["mixer"] = mixer, ["tokens"] = tokens }, figure => Measure(figure, tokens, () => Whole(model, tokens)));
            if (portions)
                report.Try("prefill 8B in portions", new JsonObject { ["mixer"] = mixer, ["tokens"] = tokens, ["portion"] = Generation.PromptPortion(model.Device) },
                    figure =>
                    {
                        Measure(figure, tokens, () => InPortions(model, tokens));
                        figure["off_one_pass"] = Difference(model, tokens);
                    });
        }
    }

    private static void Measure(JsonObject figure, int tokens, Action read)
    {
        var ms = Timing.Median(read, 3, 1);
        figure["ms"] = Math.Round(ms, 1);
        figure["tokens_per_second"] = Math.Round(tokens / ms * 1e3);
        figure["peak_GiB"] = Math.Round(Report.PeakGiB, 2);
    }

    private static Tensor Prompt(CausalLM model, int tokens) => randint(0, Llama8B.Vocabulary, [1, tokens], device: model.Device);

    private static void Whole(CausalLM model, int tokens)
    {
        using var prompt = Prompt(model, tokens);
        model.Hidden(prompt).Dispose();
    }

    private static void InPortions(CausalLM model, int tokens)
    {
        using var prompt = Prompt(model, tokens);
        using var state = model.NewState(1);
        Portions.Read(model, state, prompt).Dispose();
    }

    /// <summary>‖in portions − in one pass‖ / ‖in one pass‖ of the logits after the last token.</summary>
    private static double Difference(CausalLM model, int tokens)
    {
        using var scope = NewDisposeScope();
        using var state = model.NewState(1);
        var prompt = Prompt(model, tokens);
        var parts = Portions.Read(model, state, prompt).to(float32);
        var whole = model.Logits(model.Hidden(prompt).select(1, tokens - 1)).to(float32);
        return Math.Round(((parts - whole).norm() / whole.norm()).item<float>(), 5);
    }
}
