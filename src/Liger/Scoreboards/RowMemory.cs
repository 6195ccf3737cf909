using Liger.Checkpoints;
using Liger.Models.Mixers;
using Liger.Steps;

namespace Liger.Scoreboards;

/// <summary>What decoding one sequence keeps.</summary>
/// <param name="Bytes">Bytes after as many tokens as the basis's context has.</param>
/// <param name="MostBytes">Bytes that are never exceeded, however long the sequence; null where memory grows without end.</param>
/// <param name="Contexts">Bytes at several contexts.</param>
public sealed record RowMemory(long Bytes, long? MostBytes, IReadOnlyList<MemoryAt> Contexts)
{
    /// <summary>By arithmetic alone.</summary>
    /// <param name="config">The original.</param>
    /// <param name="plan">The row's mixers.</param>
    /// <param name="context">The basis's context.</param>
    /// <param name="elementSize">Bytes of one cached key or value number.</param>
    internal static RowMemory Of(HfConfig config, MixerPlan plan, int context, int elementSize)
    {
        using var mixers = MixerSet.Create(config, plan);
        using var softmax = MixerSet.Create(config, MixerSpec.Softmax);
        return new RowMemory(
            MemoryFigures.Bytes(mixers, context, elementSize),
            MemoryFigures.Bound(mixers, elementSize),
            [.. MemoryFigures.Contexts.Select(tokens => new MemoryAt(tokens, MemoryFigures.Bytes(mixers, tokens, elementSize), MemoryFigures.Bytes(softmax, tokens, elementSize)))]);
    }
}
