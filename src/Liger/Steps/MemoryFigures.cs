using Liger.Checkpoints;
using Liger.Models.Mixers;

namespace Liger.Steps;

/// <summary>What decoding one sequence keeps in memory after a number of tokens.</summary>
/// <param name="Tokens">Tokens seen.</param>
/// <param name="Bytes">Bytes of all layers: states, windows, caches.</param>
/// <param name="SoftmaxBytes">Bytes of the base model's own keys and values.</param>
public sealed record MemoryAt(long Tokens, long Bytes, long SoftmaxBytes);

/// <summary>Memory of decoding, by arithmetic alone.</summary>
internal static class MemoryFigures
{
    /// <summary>The contexts that are looked at.</summary>
    internal static readonly long[] Contexts = [1 << 10, 1 << 12, 1 << 14, 1 << 16, 1 << 18];

    private const long Longest = 1L << 40;

    /// <summary>Bytes of one number in the type that most of a checkpoint is stored in; 0 for one without tensors.</summary>
    internal static int ElementSize(CheckpointFolder checkpoint)
    {
        var largest = checkpoint.TensorNames.Select(checkpoint.Info).MaxBy(info => info.Length);
        return largest is null ? 0 : SafeTensorsDtype.Size(largest.Dtype);
    }

    /// <summary>Bytes at several contexts, and from how many tokens on the mixers keep no more than softmax would.</summary>
    /// <param name="config">The model.</param>
    /// <param name="elementSize">Bytes of one cached key or value number.</param>
    /// <returns>The break-even is null where there is none, or where the mixers are softmax.</returns>
    internal static (IReadOnlyList<MemoryAt> Contexts, long? BreakEven) Of(HfConfig config, int elementSize)
    {
        var plan = MixerPlan.Of(config);
        using var mixers = MixerSet.Create(config, plan);
        using var softmax = MixerSet.Create(config, MixerSpec.Softmax);
        MemoryAt At(long tokens) => new(tokens, Bytes(mixers, tokens, elementSize), Bytes(softmax, tokens, elementSize));
        bool Saves(long tokens) => At(tokens) is var m && m.Bytes <= m.SoftmaxBytes;
        return ([.. Contexts.Select(At)], plan.IsSoftmax || !Saves(Longest) ? null : First(Saves));
    }

    /// <summary>What one sequence keeps under a plan after a number of tokens.</summary>
    /// <param name="config">The model.</param>
    /// <param name="plan">Its mixers.</param>
    /// <param name="tokens">Tokens seen.</param>
    /// <param name="elementSize">Bytes of one cached key or value number.</param>
    internal static long Bytes(HfConfig config, MixerPlan plan, long tokens, int elementSize)
    {
        using var mixers = MixerSet.Create(config, plan);
        return Bytes(mixers, tokens, elementSize);
    }

    /// <summary>What one sequence keeps however long it gets; null where that grows without end.</summary>
    internal static long? Bound(MixerSet mixers, int elementSize)
    {
        var most = Bytes(mixers, Longest, elementSize);
        return most == Bytes(mixers, Longest / 2, elementSize) ? most : null;
    }

    /// <summary>What one sequence keeps after a number of tokens.</summary>
    internal static long Bytes(MixerSet mixers, long tokens, int elementSize) => mixers.Layers.Sum(mixer => mixer.StateBytes(tokens, elementSize));

    /// <summary>The first number of tokens, by halving: once a bounded memory is the smaller one, it stays so.</summary>
    private static long First(Func<long, bool> holds)
    {
        var (low, high) = (1L, Longest);
        while (low < high)
        {
            var middle = low + ((high - low) / 2);
            (low, high) = holds(middle) ? (low, middle) : (middle + 1, high);
        }
        return low;
    }
}
