using Liger.Models;
using Liger.Models.Mixers;

namespace Liger.Evaluation;

/// <summary>Looks at the gates of a model while it reads a text, and at how its output is shared between window and state.</summary>
public static class GateMeter
{
    private const string Where = "gates";

    /// <summary>Reads windows from the text's beginning, all at once. Runs without gradients.</summary>
    /// <param name="model">The model; it is the same afterwards.</param>
    /// <param name="ids">The text's tokens, from <see cref="EvaluationText"/>.</param>
    /// <param name="context">Tokens of a window, at least 1; a text that is shorter is one window.</param>
    /// <param name="windows">The most windows that are read, at least 1.</param>
    /// <returns>Every kv head, layer by layer, and how many tokens were read.</returns>
    /// <exception cref="EvaluationException">The text is empty, a token is unknown to the model, or a number is out of range.</exception>
    public static (IReadOnlyList<HeadGates> Heads, int Tokens) Measure(CausalLM model, IReadOnlyList<int> ids, int context = 1024, int windows = 4)
    {
        if (context < 1 || windows < 1)
            throw new EvaluationException($"{Where}: context and windows — expected at least 1, got {context} and {windows}.");
        if (ids.Count == 0)
            throw new EvaluationException($"{Where}: an empty text — expected at least 1 token. Give a longer text.");
        Vocabulary.Check(ids, model, Where);
        var length = Math.Min(context, ids.Count);
        var rows = Math.Min(windows, ids.Count / length);
        var tokens = ids.Take(rows * length).ToArray();
        using var mode = no_grad();
        using var scope = NewDisposeScope();
        var heads = new List<HeadGates>();
        void Look(int layer, MixerInput input) => heads.AddRange(
            Looked(model.Mixers.Layers[layer], input).Select(head => head with { Layer = layer, Mixer = model.Plan.At(layer, head.KvHead).Name }));
        using (model.Watch(Look))
            model.Hidden(tensor([.. tokens.Select(id => (long)id)], [rows, length], device: model.Device));
        return (heads, tokens.Length);
    }

    private static List<HeadGates> Looked(TokenMixer mixer, MixerInput input)
    {
        using var scope = NewDisposeScope();
        return [.. mixer.Look(input).Select(view => new HeadGates(0, view.KvHead, "",
            view.LogDecay is null ? null : Spread.Of(view.LogDecay.to(float64).abs().reciprocal() * Math.Log(2)),
            view.WindowShare is null ? null : Spread.Of(view.WindowShare)))];
    }
}
