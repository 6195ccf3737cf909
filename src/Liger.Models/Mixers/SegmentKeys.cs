using Liger.Models.Graph;
using Liger.Ops;

namespace Liger.Models.Mixers;

/// <summary>
/// The keys at hand while a row is read in segments: the segment's own, those that its queries' windows still hold, and before them the sinks of
/// the one document that may reach in from further back.
/// </summary>
internal sealed class SegmentKeys
{
    /// <summary>What stands in a place of a sink that is none, or is at hand anyhow: no token has this document.</summary>
    private const long Nothing = -2;

    private readonly long start;
    private readonly long end;
    private readonly long sinks;
    private readonly Tensor? index;

    /// <param name="visibility">Window and sinks.</param>
    /// <param name="from">The segment's first token.</param>
    /// <param name="count">Its tokens.</param>
    /// <param name="layout">The row's documents; null: one.</param>
    /// <param name="device">Where the keys lie.</param>
    internal SegmentKeys(Visibility visibility, long from, long count, SequenceLayout? layout, Device device)
    {
        (start, end) = (Math.Max(0, from - visibility.Window!.Value + 1), from + count);
        sinks = Math.Min(visibility.Sinks, start);
        if (layout is null)
        {
            Positions = Take(arange(end, device: device), 0);
            return;
        }
        var (document, each) = (layout.Documents.narrow(1, from, 1), arange(sinks, device: device));
        index = (each + from - layout.Positions.narrow(1, from, 1)).clamp(0, end - 1);
        Positions = Take(layout.Positions, 1);
        Documents = Take(layout.Documents, 1);
        if (sinks == 0)
            return;
        var held = Documents.narrow(1, 0, sinks);
        var isSink = held.eq(document).logical_and(Positions.narrow(1, 0, sinks).eq(each)).logical_and(index.lt(start));
        Documents = cat([held.masked_fill(isSink.logical_not(), Nothing), Documents.narrow(1, sinks, end - start)], 1);
    }

    /// <summary>[n], with a layout [B,n].</summary>
    internal Tensor Positions { get; }

    /// <summary>[B,n]; null without a layout.</summary>
    internal Tensor? Documents { get; }

    /// <summary>The first key that is at hand as one of the window or the segment; all from here on are.</summary>
    internal long Start => start;

    /// <summary>What belongs to the keys at hand.</summary>
    /// <param name="x">What belongs to the row's tokens; with a layout the first dimension is the batch.</param>
    /// <param name="along">The tokens' dimension.</param>
    internal Tensor Take(Tensor x, int along)
    {
        var near = x.narrow(along, start, end - start);
        if (sinks == 0)
            return near;
        return cat([index is null ? x.narrow(along, 0, sinks) : Gather(x, along, index), near], along);
    }

    private static Tensor Gather(Tensor x, int along, Tensor index)
    {
        long[] sizes = [.. x.shape];
        sizes[along] = index.shape[1];
        var view = Enumerable.Repeat(1L, sizes.Length).ToArray();
        (view[0], view[along]) = (index.shape[0], index.shape[1]);
        return x.gather(along, index.view(view).expand(sizes));
    }
}
