using Liger.Models.Mixers;

namespace Liger.Models;

/// <summary>What decoding remembers of a batch of sequences: one mixer state a layer, and how far it has come.</summary>
public sealed class DecodeState : IDisposable
{
    internal DecodeState(IReadOnlyList<MixerState> layers) => Layers = layers;

    /// <summary>Tokens seen so far.</summary>
    public long Position { get; internal set; }

    /// <summary>Bytes in use, all layers and sequences together.</summary>
    public long Bytes => Layers.Sum(l => l.Bytes);

    internal IReadOnlyList<MixerState> Layers { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var layer in Layers)
            layer.Dispose();
    }
}
