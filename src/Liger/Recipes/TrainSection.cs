using Liger.Training;

namespace Liger.Recipes;

/// <summary>
/// The section "train": the only stage of a recipe without "stages", and what is said for all stages of one with them; then in which
/// arithmetic and where.
/// </summary>
public sealed record TrainSection
{
    /// <summary>The stage; beside "stages" what their entries leave out, and without a length.</summary>
    public StageSection Stage { get; init; } = new();

    /// <summary>Length, portions, schedule, optimizer and seed.</summary>
    public TrainerOptions Trainer => Stage.Trainer;

    /// <summary>What is lowered.</summary>
    public LossSection Loss => Stage.Loss;

    /// <summary>The arithmetic of the frozen model: auto (float32 on a CPU, as stored on a GPU), float32 or bfloat16. The adapter is always float32. Default auto.</summary>
    public string Dtype { get; init; } = "auto";

    /// <summary>Where it runs: auto (a GPU if there is one), cpu, cuda or cuda:N. Default auto.</summary>
    public string Device { get; init; } = "auto";

    /// <summary>Whether every layer is computed again in the backward pass, so that only its input is kept (activation checkpointing): a third more work,
    /// a fraction of the memory. Default false.</summary>
    public bool ActivationCheckpointing { get; init; }

    /// <param name="s">The section.</param>
    /// <param name="t">The defaults.</param>
    /// <param name="staged">Whether the recipe lists stages, each with a length of its own.</param>
    internal static TrainSection Bind(ISection s, TrainSection t, bool staged)
    {
        var bound = new TrainSection
        {
            Stage = StageSection.Bind(s, t.Stage),
            Dtype = s.Value("dtype", t.Dtype, Kind.Choice("auto", "float32", "bfloat16")),
            Device = s.Value("device", t.Device, Kind.Device),
            ActivationCheckpointing = s.Value("activation_checkpointing", t.ActivationCheckpointing, Kind.Flag),
        };
        var lengths = bound.Stage.Lengths;
        if (staged) s.Check(lengths == 0, "", "expected no steps, tokens or epochs beside stages, which have their own");
        else s.Check(lengths == 1, "", $"expected exactly one of steps, tokens and epochs, got {lengths}");
        if (!staged) bound.Stage.CheckTrained(s);
        return bound;
    }
}
