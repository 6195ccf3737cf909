using Liger.Models;

namespace Liger.Evaluation;

/// <summary>What decoding keeps in memory, without decoding.</summary>
public static class StateSize
{
    /// <summary>Bytes that one sequence keeps in all layers: keys and values, recurrent states.</summary>
    /// <param name="model">The model.</param>
    /// <param name="tokens">Tokens seen.</param>
    public static long Of(CausalLM model, long tokens)
    {
        var elementSize = (int)model.Head.ElementSize;
        return model.Layers.Sum(layer => layer.Attention.Mixer.StateBytes(tokens, elementSize));
    }
}
