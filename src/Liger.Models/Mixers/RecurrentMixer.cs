namespace Liger.Models.Mixers;

/// <summary>
/// A linear recurrence over queries, keys and values before rotary embedding, with a gate made of the keys: its state has constant size.
/// Stands alone, or behind a sliding window as a Liger hybrid.
/// </summary>
public abstract class RecurrentMixer : TokenMixer
{
}
