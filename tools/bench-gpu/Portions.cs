using Liger.Models;
using Liger.Models.Decoding;
using static TorchSharp.torch;

namespace Liger.GpuBench;

/// <summary>Prompts as generation reads them.</summary>
internal static class Portions
{
    /// <summary>Reads [B,T] into a state; the logits after the last token, [B,V].</summary>
    internal static Tensor Read(CausalLM model, DecodeState state, Tensor prompt)
    {
        Tensor? logits = null;
        var (tokens, portion) = (prompt.shape[1], Generation.PromptPortion(model.Device));
        for (long from = 0; from < tokens; from += portion)
        {
            logits?.Dispose();
            using var part = prompt.narrow(1, from, Math.Min(portion, tokens - from)).contiguous();
            logits = model.Step(part, state);
        }
        return logits!;
    }
}
