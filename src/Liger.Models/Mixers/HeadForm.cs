using System.Globalization;

namespace Liger.Models.Mixers;

/// <summary>What one kv head may become within a budget: a window, a window with selected keys, a window with a memory behind it, or softmax.</summary>
/// <param name="Spec">The mixer.</param>
/// <param name="Window">Tokens in sight; null is all, softmax.</param>
/// <param name="Keys">m, keys that stay in sight when they leave the window; 0 is none.</param>
/// <param name="Rank">r of the memory; 0 is none.</param>
/// <param name="Bytes">Bytes that the head then keeps of one sequence: however long it gets or, with softmax, at the length at which that counts.</param>
public sealed record HeadForm(MixerSpec Spec, int? Window, int Keys, int Rank, long Bytes)
{
    /// <summary>What is measured in its place on text. A memory is nothing before it is trained, and then recalls one thing at a time: its window alone.</summary>
    public MixerSpec OnText { get; init; } = Spec;

    /// <summary>What is measured in its place on recall. With F features a memory can hold F keys at best: it counts as F selected ones.</summary>
    public MixerSpec OnRecall { get; init; } = Spec;

    /// <summary>"96", "96 + 64 keys", "96 + memory of 22", "softmax".</summary>
    public override string ToString() =>
        Window is null ? Spec.Name : string.Create(CultureInfo.InvariantCulture, $"{Window}{(Keys > 0 ? $" + {Keys} keys" : Rank > 0 ? $" + memory of {Rank}" : "")}");
}
