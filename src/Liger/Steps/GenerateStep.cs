using System.Diagnostics;
using System.Text;
using Liger.Models.Decoding;

namespace Liger.Steps;

/// <summary>
/// Continues a text, token by token, with the model's cache or state, which can be saved and loaded: greedy decoding goes on bit by bit as if it
/// had never stopped; draws begin anew from the seed.
/// </summary>
/// <param name="options">What is continued, and how.</param>
public sealed class GenerateStep(GenerateOptions options)
{
    /// <summary>Generates until a token that ends a text, or until enough.</summary>
    /// <param name="write">Handed every piece of text as soon as it is there; never half a character.</param>
    /// <param name="stop">Stops after the current token.</param>
    /// <exception cref="LigerException">An option is out of range, or the prompt has no token.</exception>
    public GenerateResult Run(Action<string> write, CancellationToken stop = default)
    {
        Check();
        using var loaded = LoadedModel.Open(options.Model);
        using var saved = SavedConversation.Open(loaded, options);
        var state = saved.State;
        var prompt = saved.Prompt;
        if (prompt.Count == 0)
            throw new LigerException("prompt: it has no token — expected at least one. Give a text to begin with.", ExitCode.WrongUse);

        var started = Stopwatch.GetTimestamp();
        var made = new List<int>();
        var sampler = new Sampler(options.Temperature, options.TopP, options.Seed);
        var decoder = loaded.Tokenizer.CreateDecoder(skipSpecialTokens: true);
        // The decoder sees the prompt, so that what follows keeps the space between them.
        foreach (var id in prompt) decoder.Append(id);

        var text = new StringBuilder();
        var count = 0;
        TimeSpan? toFirst = null;
        foreach (var id in Generation.Continue(loaded.Model, state, prompt, sampler, options.MaxTokens, stop))
        {
            toFirst ??= Stopwatch.GetElapsedTime(started);
            made.Add(id);
            if (id == loaded.Tokenizer.EosId) break;
            count++;
            Emit(decoder.Append(id));
        }
        Emit(decoder.Flush());
        if (options.SaveState is { } file) saved.Save(file, made);
        var rest = (Stopwatch.GetElapsedTime(started) - (toFirst ?? TimeSpan.Zero)).TotalSeconds;
        return new GenerateResult
        {
            Prompt = options.Prompt,
            Text = text.ToString(),
            PromptTokens = prompt.Count,
            Tokens = count,
            SecondsToFirstToken = toFirst?.TotalSeconds ?? 0,
            TokensPerSecond = rest > 0 ? Math.Max(0, count - 1) / rest : 0,
            StateBytes = state.Bytes,
        };

        void Emit(string piece)
        {
            if (piece.Length == 0) return;
            text.Append(piece);
            write(piece);
        }
    }

    private void Check()
    {
        if (options.MaxTokens < 1) throw Wrong("max-tokens", "1 or more", options.MaxTokens);
        if (!(options.Temperature is >= 0 and <= 100)) throw Wrong("temperature", "a number from 0 to 100", options.Temperature);
        if (!(options.TopP is > 0 and <= 1)) throw Wrong("top-p", "a number above 0 and up to 1", options.TopP);
    }

    private static LigerException Wrong(string name, string expected, double got) =>
        new(FormattableString.Invariant($"{name}: expected {expected}, got {got}."), ExitCode.WrongUse);
}
