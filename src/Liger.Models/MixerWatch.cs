using Liger.Models.Graph;
using Liger.Models.Mixers;

namespace Liger.Models;

/// <summary>A time during which someone looks at what the mixers of a model are handed (<see cref="CausalLM.Watch"/>); ends when it is disposed.</summary>
public sealed class MixerWatch : IDisposable
{
    private readonly List<(Attention Attention, Action<MixerInput> Look)> watched;

    internal MixerWatch(IReadOnlyList<DecoderLayer> layers, Action<int, MixerInput> look)
    {
        watched = [.. layers.Select((layer, i) => (layer.Attention, new Action<MixerInput>(input => look(i, input))))];
        foreach (var (attention, own) in watched)
            attention.Probe += own;
    }

    /// <summary>Looks no longer.</summary>
    public void Dispose()
    {
        foreach (var (attention, own) in watched)
            attention.Probe -= own;
        watched.Clear();
    }
}
