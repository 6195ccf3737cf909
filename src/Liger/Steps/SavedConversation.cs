using System.Globalization;
using Liger.Models;
using Liger.Models.Decoding;

namespace Liger.Steps;

/// <summary>What a model remembers of a text, and the tokens of it that are still to be read: from the beginning, or from a file.</summary>
internal sealed class SavedConversation : IDisposable
{
    private const string ModelKey = "model", PendingKey = "pending";
    private readonly LoadedModel loaded;
    private readonly GenerateOptions options;
    private readonly long from;

    private SavedConversation(LoadedModel loaded, GenerateOptions options, DecodeState state, IReadOnlyList<int> prompt)
    {
        (this.loaded, this.options, State, Prompt, from) = (loaded, options, state, prompt, state.Position);
    }

    internal DecodeState State { get; }

    /// <summary>What is still to be read: tokens that were made and not read when the state was saved, then the prompt.</summary>
    internal IReadOnlyList<int> Prompt { get; }

    internal static SavedConversation Open(LoadedModel loaded, GenerateOptions options)
    {
        if (options.LoadState is not { } file)
            return new SavedConversation(loaded, options, loaded.Model.NewState(1), loaded.Tokenizer.EncodeToIds(options.Prompt));
        if (!File.Exists(file))
            throw new LigerException($"{file}: there is no such file. Save a state there with --save-state first.", ExitCode.WrongUse);
        var (state, notes) = StateFile.Load(file, loaded.Model, (ModelKey, Fingerprint(loaded, options), "model"));
        var pending = notes.GetValueOrDefault(PendingKey, "").Split(',', StringSplitOptions.RemoveEmptyEntries).Select(id => int.Parse(id, CultureInfo.InvariantCulture));
        return new SavedConversation(loaded, options, state, [.. pending, .. options.Prompt.Length == 0 ? [] : loaded.Tokenizer.EncodeToIds(options.Prompt, addSpecialTokens: false)]);
    }

    /// <summary>Saves the state with what of prompt and made tokens it has not read.</summary>
    internal void Save(string file, IReadOnlyList<int> made)
    {
        var unread = Prompt.Concat(made).Skip((int)(State.Position - from)).Select(id => id.ToString(CultureInfo.InvariantCulture));
        StateFile.Save(file, loaded.Model, State, new Dictionary<string, string> { [ModelKey] = Fingerprint(loaded, options), [PendingKey] = string.Join(',', unread) });
    }

    public void Dispose() => State.Dispose();

    private static string Fingerprint(LoadedModel loaded, GenerateOptions options) => ModelFingerprint.Of(loaded.Folder, options.Model.Adapter);
}
