using System.Globalization;
using Liger.Checkpoints;
using Liger.Models.Mixers;
using Liger.Steps;

namespace Liger.Scoreboards;

/// <summary>The window that a mixer with a certain memory must be better than.</summary>
internal static class EqualWindow
{
    /// <summary>The first tokens that stay in sight: as many as the method to beat has (Xiao et al. 2023, arXiv 2309.17453).</summary>
    internal const int Sinks = 4;

    /// <summary>
    /// The largest window, the same in all layers, that keeps no more bytes than allowed after <paramref name="context"/> tokens. Null where not
    /// even a window of one token does, or where all tokens would be in sight, as in the original.
    /// </summary>
    /// <param name="config">The original.</param>
    /// <param name="bytes">The most that may be kept.</param>
    /// <param name="context">Tokens seen.</param>
    /// <param name="elementSize">Bytes of one cached key or value number.</param>
    internal static int? Find(HfConfig config, long bytes, int context, int elementSize)
    {
        if (bytes >= MemoryFigures.Bytes(config, MixerSpec.Softmax, context, elementSize))
            return null;
        var (low, high) = (0, context);
        while (high - low > 1)
        {
            var middle = low + ((high - low) / 2);
            (low, high) = MemoryFigures.Bytes(config, Spec(middle), context, elementSize) <= bytes ? (middle, high) : (low, middle);
        }
        return low == 0 ? null : low;
    }

    /// <summary>A window of so many tokens with the sinks.</summary>
    internal static MixerSpec Spec(int window) => MixerSpec.Parse(Text(window));

    /// <summary>The same as "NAME option=value …".</summary>
    internal static string Text(int window) => string.Create(CultureInfo.InvariantCulture, $"window window={window} sinks={Sinks}");

    /// <summary>What its row is called.</summary>
    internal static string Name(int window) => string.Create(CultureInfo.InvariantCulture, $"window {window} + {Sinks}, untrained");
}
