namespace Liger.Recipes;

/// <summary>The section "train": how long, how fast, in which arithmetic and with which randomness.</summary>
public sealed record TrainSection
{
    /// <summary>Optimizer steps, 1 to 10,000,000; exactly one of steps, tokens and epochs is given.</summary>
    public long? Steps { get; init; }

    /// <summary>Tokens to see, 1 to 10^15; exactly one of steps, tokens and epochs is given.</summary>
    public long? Tokens { get; init; }

    /// <summary>Passes over the training data, above 0, up to 10,000; exactly one of steps, tokens and epochs is given.</summary>
    public double? Epochs { get; init; }

    /// <summary>Rows a micro-batch, 1 to 4096. Default 1.</summary>
    public int Batch { get; init; } = 1;

    /// <summary>Micro-batches an optimizer step, 1 to 65,536. Default 8.</summary>
    public int Accumulation { get; init; } = 8;

    /// <summary>The highest learning rate, above 0, up to 1. Default 1e-3.</summary>
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>How the rate falls: cosine, constant or plateau (×0.1 after evaluations without progress). Default cosine.</summary>
    public string Schedule { get; init; } = "cosine";

    /// <summary>Steps over which the rate rises from 0, 0 to 1,000,000. Default 0.</summary>
    public int Warmup { get; init; }

    /// <summary>The rate is never lowered below this, 0 to 1. Default 0.</summary>
    public double LowestLearningRate { get; init; }

    /// <summary>The gradient is scaled down to this norm, above 0, up to 10^6; null never clips. Default 1.</summary>
    public double? Clip { get; init; } = 1;

    /// <summary>AdamW's decoupled weight decay, 0 to 1. Default 0.01 (torch's default).</summary>
    public double WeightDecay { get; init; } = 0.01;

    /// <summary>Seeds the adapter, the order of rows and dropout, 0 to 2^63-1. Default 0.</summary>
    public long Seed { get; init; }

    /// <summary>The arithmetic of the frozen model: auto (as the checkpoint is stored), float32 or bfloat16. The adapter is always float32. Default auto.</summary>
    public string Dtype { get; init; } = "auto";

    /// <summary>Where it runs: auto (a GPU if there is one), cpu, cuda or cuda:N. Default auto.</summary>
    public string Device { get; init; } = "auto";

    /// <summary>Optimizer steps between evaluations on the validation data, 1 to 1,000,000. Default 200.</summary>
    public int EvaluateEvery { get; init; } = 200;

    /// <summary>Optimizer steps between saves to resume from, 1 to 1,000,000. Default 200.</summary>
    public int SaveEvery { get; init; } = 200;

    internal static TrainSection Bind(ISection s, TrainSection t)
    {
        var bound = new TrainSection
        {
            Steps = s.Value("steps", t.Steps, Kind.Maybe(Kind.Long(1, 10_000_000))),
            Tokens = s.Value("tokens", t.Tokens, Kind.Maybe(Kind.Long(1, 1_000_000_000_000_000))),
            Epochs = s.Value("epochs", t.Epochs, Kind.Maybe(Kind.Number(0, 10_000, above: true))),
            Batch = s.Value("batch", t.Batch, Kind.Whole(1, 4096)),
            Accumulation = s.Value("accumulation", t.Accumulation, Kind.Whole(1, 65_536)),
            LearningRate = s.Value("lr", t.LearningRate, Kind.Number(0, 1, above: true)),
            Schedule = s.Value("schedule", t.Schedule, Kind.Choice("cosine", "constant", "plateau")),
            Warmup = s.Value("warmup", t.Warmup, Kind.Whole(0, 1_000_000)),
            LowestLearningRate = s.Value("min_lr", t.LowestLearningRate, Kind.Number(0, 1)),
            Clip = s.Value("clip", t.Clip, Kind.Maybe(Kind.Number(0, 1_000_000, above: true))),
            WeightDecay = s.Value("weight_decay", t.WeightDecay, Kind.Number(0, 1)),
            Seed = s.Value("seed", t.Seed, Kind.Long(0, long.MaxValue)),
            Dtype = s.Value("dtype", t.Dtype, Kind.Choice("auto", "float32", "bfloat16")),
            Device = s.Value("device", t.Device, Kind.Device),
            EvaluateEvery = s.Value("evaluate_every", t.EvaluateEvery, Kind.Whole(1, 1_000_000)),
            SaveEvery = s.Value("save_every", t.SaveEvery, Kind.Whole(1, 1_000_000)),
        };
        var lengths = (bound.Steps is null ? 0 : 1) + (bound.Tokens is null ? 0 : 1) + (bound.Epochs is null ? 0 : 1);
        s.Check(lengths == 1, "", $"expected exactly one of steps, tokens and epochs, got {lengths}");
        s.Check(bound.LowestLearningRate <= bound.LearningRate, "min_lr", "expected at most lr");
        return bound;
    }
}
