using Liger.Training;

namespace Liger.TinyLlama.Model;

/// <summary>How the built-in model is trained; the defaults are what made the committed one.</summary>
public sealed record TrainingPlan
{
    /// <summary>Tokens to go through; each row is seen once.</summary>
    public long Tokens { get; init; } = 300_000_000;

    /// <summary>Seeds weights, texts and their order.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>Tokens a row: more than the model's context, so that the far end of the context is nothing special.</summary>
    public int Context { get; init; } = Writing.Corpus.Context + Beyond;

    /// <summary>Rows an optimizer step.</summary>
    public int Batch { get; init; } = 64;

    /// <summary>The highest learning rate, above 0, up to 1.</summary>
    public double LearningRate { get; init; } = 2e-3;

    /// <summary>Optimizer steps between reports of loss and recall.</summary>
    public int ReportEvery { get; init; } = 250;

    private const int Beyond = 64;

    /// <summary>Share of the steps over which the rate rises.</summary>
    private const double WarmupShare = 0.02;

    private const double LowestShare = 0.03;
    private const double WeightDecay = 0.1;
    private const double Beta2 = 0.95;
    private const int SaveEvery = 2_000;

    /// <summary>How many rows that is.</summary>
    public long Rows => (Tokens + Context - 1) / Context;

    /// <summary>The same for the trainer.</summary>
    public TrainerOptions Options => new()
    {
        Epochs = 1,
        Batch = Batch,
        Accumulation = 1,
        Seed = Seed,
        Schedule = new ScheduleOptions { LearningRate = LearningRate, LowestLearningRate = LearningRate * LowestShare, Warmup = (long)(Rows / Batch * WarmupShare) },
        Optimizer = new AdamWOptions { WeightDecay = WeightDecay, Beta2 = Beta2 },
        ValidateEvery = ReportEvery,
        ValidateFirst = false,
        SaveEvery = SaveEvery,
    };
}
