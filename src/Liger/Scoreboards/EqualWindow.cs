using System.Globalization;
using Liger.Checkpoints;
using Liger.Models.Mixers;
using Liger.Steps;

namespace Liger.Scoreboards;

/// <summary>The window, the same in all layers, that a mixer of a certain memory must be better than.</summary>
/// <param name="Window">Tokens in sight.</param>
/// <param name="Bits">Bits of a kept key or value number, as the mixer itself has; 16 is the model's dtype.</param>
internal sealed record EqualWindow(int Window, string Bits)
{
    /// <summary>The first tokens that stay in sight: as many as the method to beat has (Xiao et al. 2023, arXiv 2309.17453).</summary>
    internal const int Sinks = 4;

    private const string BitsOption = "cache-bits", AllBits = "16";

    /// <summary>What its row is called.</summary>
    internal string Name => string.Create(CultureInfo.InvariantCulture, $"window {Window} + {Sinks}{(Bits == AllBits ? "" : $", {Bits} bits")}, untrained");

    /// <summary>The mixer as "NAME option=value …".</summary>
    internal string Text => string.Create(CultureInfo.InvariantCulture, $"window window={Window} sinks={Sinks}{(Bits == AllBits ? "" : $" {BitsOption}={Bits}")}");

    /// <summary>
    /// The largest window that keeps no more bytes after <paramref name="context"/> tokens than a plan does. Null where not even a window of one
    /// token does, or where all tokens would be in sight, as in the original.
    /// </summary>
    /// <param name="config">The original.</param>
    /// <param name="plan">The mixers to compare with.</param>
    /// <param name="context">Tokens seen.</param>
    /// <param name="elementSize">Bytes of one cached key or value number.</param>
    internal static EqualWindow? Find(HfConfig config, MixerPlan plan, int context, int elementSize)
    {
        var bytes = MemoryFigures.Bytes(config, plan, context, elementSize);
        var bits = MixerCatalog.Find(plan.Default.Name).Complete(plan.Default.Options).GetValueOrDefault(BitsOption, AllBits);
        bool Fits(int window) => MemoryFigures.Bytes(config, MixerSpec.Parse(new EqualWindow(window, bits).Text), context, elementSize) <= bytes;
        if (Fits(context))
            return null;
        var (low, high) = (0, context);
        while (high - low > 1)
        {
            var middle = low + ((high - low) / 2);
            (low, high) = Fits(middle) ? (middle, high) : (low, middle);
        }
        return low == 0 ? null : new EqualWindow(low, bits);
    }
}
