using Liger.Training;

namespace Liger.Recipes;

/// <summary>The section "train": how long, how fast, in which arithmetic and with which randomness.</summary>
public sealed record TrainSection
{
    private const long MostSteps = 10_000_000, MostTokens = 1_000_000_000_000_000;
    private const double MostEpochs = 10_000, MostClip = 1_000_000;
    private const int MostRows = 65_536, MostBetween = 1_000_000, MostPatience = 10_000;

    /// <summary>What is lowered.</summary>
    public LossSection Loss { get; init; } = new();

    /// <summary>Length, portions, schedule, optimizer and seed.</summary>
    public TrainerOptions Trainer { get; init; } = new();

    /// <summary>The arithmetic of the frozen model: auto (float32 on a CPU, as stored on a GPU), float32 or bfloat16. The adapter is always float32. Default auto.</summary>
    public string Dtype { get; init; } = "auto";

    /// <summary>Where it runs: auto (a GPU if there is one), cpu, cuda or cuda:N. Default auto.</summary>
    public string Device { get; init; } = "auto";

    /// <summary>Whether every layer is computed again in the backward pass, so that only its input is kept (activation checkpointing): a third more work,
    /// a fraction of the memory. Default false.</summary>
    public bool ActivationCheckpointing { get; init; }

    /// <summary>Whether the parameters that mixers declare are trained beside the adapter. Default false.</summary>
    public bool MixerParameters { get; init; }

    internal static TrainSection Bind(ISection s, TrainSection t)
    {
        var o = t.Trainer;
        var bound = new TrainSection
        {
            Loss = LossSection.Bind(s, t.Loss),
            Trainer = new TrainerOptions
            {
                Steps = s.Value("steps", o.Steps, Kind.Maybe(Kind.Long(1, MostSteps))),
                Tokens = s.Value("tokens", o.Tokens, Kind.Maybe(Kind.Long(1, MostTokens))),
                Epochs = s.Value("epochs", o.Epochs, Kind.Maybe(Kind.Number(0, MostEpochs, above: true))),
                Batch = s.Value("batch", o.Batch, Kind.Whole(1, MostRows)),
                Accumulation = s.Value("accumulation", o.Accumulation, Kind.Whole(1, MostRows)),
                Clip = s.Value("clip", o.Clip, Kind.Maybe(Kind.Number(0, MostClip, above: true))),
                Seed = s.Value("seed", o.Seed, Kind.Long(0, long.MaxValue)),
                ValidateEvery = s.Value("validate_every", o.ValidateEvery, Kind.Long(1, MostBetween)),
                SaveEvery = s.Value("save_every", o.SaveEvery, Kind.Long(1, MostBetween)),
                Schedule = BindSchedule(s, o.Schedule),
                Optimizer = BindOptimizer(s, o.Optimizer),
            },
            Dtype = s.Value("dtype", t.Dtype, Kind.Choice("auto", "float32", "bfloat16")),
            Device = s.Value("device", t.Device, Kind.Device),
            ActivationCheckpointing = s.Value("activation_checkpointing", t.ActivationCheckpointing, Kind.Flag),
            MixerParameters = s.Value("mixer_parameters", t.MixerParameters, Kind.Flag),
        };
        var lengths = (bound.Trainer.Steps is null ? 0 : 1) + (bound.Trainer.Tokens is null ? 0 : 1) + (bound.Trainer.Epochs is null ? 0 : 1);
        s.Check(lengths == 1, "", $"expected exactly one of steps, tokens and epochs, got {lengths}");
        s.Check(bound.Trainer.Schedule.LowestLearningRate <= bound.Trainer.Schedule.LearningRate, "min_lr", "expected at most lr");
        return bound;
    }

    private static ScheduleOptions BindSchedule(ISection s, ScheduleOptions o) => new()
    {
        LearningRate = s.Value("lr", o.LearningRate, Kind.Number(0, 1, above: true)),
        Kind = s.Value("schedule", o.Kind, ScheduleName),
        Warmup = s.Value("warmup", o.Warmup, Kind.Long(0, MostSteps)),
        LowestLearningRate = s.Value("min_lr", o.LowestLearningRate, Kind.Number(0, 1)),
        PlateauFactor = s.Value("plateau_factor", o.PlateauFactor, Kind.Number(0, Math.BitDecrement(1.0), above: true)),
        PlateauPatience = s.Value("plateau_patience", o.PlateauPatience, Kind.Whole(0, MostPatience)),
        PlateauThreshold = s.Value("plateau_threshold", o.PlateauThreshold, Kind.Number(0, 1)),
    };

    private static AdamWOptions BindOptimizer(ISection s, AdamWOptions o) => new()
    {
        WeightDecay = s.Value("weight_decay", o.WeightDecay, Kind.Number(0, 1)),
        Beta1 = s.Value("beta1", o.Beta1, Kind.Number(0, Math.BitDecrement(1.0))),
        Beta2 = s.Value("beta2", o.Beta2, Kind.Number(0, Math.BitDecrement(1.0))),
        Epsilon = s.Value("epsilon", o.Epsilon, Kind.Number(0, 1, above: true)),
        DecayVectors = s.Value("decay_vectors", o.DecayVectors, Kind.Flag),
    };

    private static Kind<ScheduleKind> ScheduleName { get; } = Kind.Named(
        ("cosine", ScheduleKind.Cosine), ("constant", ScheduleKind.Constant), ("plateau", ScheduleKind.Plateau));
}
