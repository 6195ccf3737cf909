namespace Liger.Models.Decoding;

/// <summary>Continues a prompt token by token.</summary>
public static class Generation
{
    private const int PortionOnCpu = 512;

    /// <summary>On a GPU a portion costs the launches of a whole pass: this many tokens take longer than those.</summary>
    private const int PortionOnGpu = 4096;

    /// <summary>Tokens to make from which on recording a step is worth it.</summary>
    private const int WorthRecording = 8;

    /// <summary>Prompt tokens that <see cref="Read"/> passes on at a time: bounds the memory of a long prompt.</summary>
    /// <param name="device">Where the model is.</param>
    public static int PromptPortion(Device device) => device.type == DeviceType.CUDA ? PortionOnGpu : PortionOnCpu;

    /// <summary>Reads a prompt into a state.</summary>
    /// <param name="model">The model.</param>
    /// <param name="state">From <see cref="CausalLM.NewState"/> with batch 1, or one that has already read something.</param>
    /// <param name="prompt">At least one token.</param>
    /// <returns>Logits after the last token, [V].</returns>
    /// <exception cref="ModelException">An empty prompt, or a token that the model does not have.</exception>
    public static Tensor Read(CausalLM model, DecodeState state, IReadOnlyList<int> prompt)
    {
        if (prompt.Count == 0)
            throw new ModelException("generate: the prompt has no token — expected at least one. Give a prompt, or a tokenizer that adds a begin-of-text token.");
        if (prompt.FirstOrDefault(id => id < 0 || id >= model.Config.VocabSize, -1) is var bad and not -1)
            throw new ModelException($"generate: token {bad} — expected one below the model's vocabulary of {model.Config.VocabSize}. Tokenizer and model do not belong together.");
        using var scope = NewDisposeScope();
        Tensor? logits = null;
        var portion = PromptPortion(model.Device);
        for (var from = 0; from < prompt.Count; from += portion)
        {
            logits?.Dispose();
            var part = prompt.Skip(from).Take(portion).Select(id => (long)id).ToArray();
            logits = model.Step(tensor(part, [1, part.Length], device: model.Device), state);
        }
        return logits![0].MoveToOuterDisposeScope();
    }

    /// <summary>Continues a prompt until an end token or the limit. Runs without gradients.</summary>
    /// <param name="model">The model.</param>
    /// <param name="state">As for <see cref="Read"/>.</param>
    /// <param name="prompt">At least one token.</param>
    /// <param name="sampler">How tokens are chosen.</param>
    /// <param name="most">Tokens to make at most.</param>
    /// <param name="cancellation">Ends the continuation between two tokens.</param>
    /// <returns>Each token as it is made; an end token is not among them.</returns>
    /// <exception cref="ModelException">As <see cref="Read"/>.</exception>
    public static IEnumerable<int> Continue(CausalLM model, DecodeState state, IReadOnlyList<int> prompt, Sampler sampler, int most, CancellationToken cancellation = default)
    {
        var next = Quietly(() => Read(model, state, prompt));
        using var steps = most > WorthRecording ? RecordedSteps.TryStart(model, state) : null;
        using var last = tensor(new long[1], [1, 1], device: model.Device).DetachFromDisposeScope();
        for (var made = 0; made < most && !model.Config.EosTokenIds.Contains(next); made++)
        {
            yield return next;
            if (made + 1 == most || cancellation.IsCancellationRequested)
                yield break;
            var token = next;
            next = Quietly(() => steps is null ? Read(model, state, [token]) : steps.Step(last.fill_((long)token))[0]);
        }

        // The mode is thread-local and scopes nest, so both end before the caller gets its token.
        int Quietly(Func<Tensor> logits)
        {
            using var mode = no_grad();
            using var scope = NewDisposeScope();
            return sampler.Next(logits());
        }
    }
}
