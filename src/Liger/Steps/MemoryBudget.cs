using Liger.Checkpoints;
using Liger.Models.Mixers;

namespace Liger.Steps;

/// <summary>Bytes that one sequence may keep, however long it gets, and how they are shared among the kv heads that are not kept.</summary>
/// <param name="config">The original.</param>
/// <param name="elementSize">Bytes of one kept key or value number.</param>
/// <param name="bytes">The bytes.</param>
/// <param name="sizes">What a head may get.</param>
internal sealed class MemoryBudget(HfConfig config, int elementSize, long bytes, HeadSizes sizes)
{
    /// <summary>The bytes.</summary>
    internal long Bytes => bytes;

    /// <summary>Tokens at which what grows counts: those at which softmax counts, or the model's longest sequence.</summary>
    internal int Context => sizes.Softmax ?? config.MaxPositionEmbeddings;

    /// <summary>The forms that the heads of a plan may get.</summary>
    internal HeadLadder Ladder(MixerPlan plan) => new(config, plan, sizes, elementSize);

    /// <summary>What is left for the others once the kept places have theirs.</summary>
    /// <param name="ladder">The plan with its kept places.</param>
    /// <returns>Bytes of the kept places: at any length or, where one grows, at <see cref="Context"/> tokens.</returns>
    /// <exception cref="LigerException">Nothing has to be left out, or the smallest windows do not fit.</exception>
    internal long Kept(HeadLadder ladder)
    {
        var softmax = MemoryFigures.Bytes(config, MixerSpec.Softmax, Context, elementSize);
        if (bytes >= softmax)
            throw Wrong($"is no less than the original keeps at {Context} tokens, {ByteCount.Text(softmax)}: nothing has to be left out. Give less, or leave the budget away.");
        var least = ladder.With([.. ladder.Heads.Select(head => ladder.Windows(head)[0].Spec)]);
        using var mixers = MixerSet.Create(config, least);
        var bound = MemoryFigures.Bound(mixers, elementSize);
        var kept = (bound ?? MemoryFigures.Bytes(mixers, Context, elementSize)) - ladder.Least;
        if (kept + ladder.Least > bytes)
            throw Wrong($"is too little — expected at least {ByteCount.Text(kept + ladder.Least)}: {ByteCount.Text(ladder.Least)} for the smallest windows of {ladder.Heads.Count} kv heads and "
                + $"{ByteCount.Text(kept)} for the kept places{(bound is null ? $" at {Context} tokens" : "")}. Give more, smaller windows, or another mixer in the kept places (keep-as).");
        return kept;
    }

    private LigerException Wrong(string what) => new($"budget: {ByteCount.Text(bytes)} {what}", ExitCode.WrongUse);
}
