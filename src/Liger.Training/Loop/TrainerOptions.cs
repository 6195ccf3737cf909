namespace Liger.Training;

/// <summary>How long, in which portions and with which optimizer the trainer works.</summary>
public sealed record TrainerOptions
{
    /// <summary>Optimizer steps, 1 or more; exactly one of steps, tokens and epochs is given.</summary>
    public long? Steps { get; init; }

    /// <summary>Tokens to go through, 1 or more, rounded up to whole rows; exactly one of steps, tokens and epochs is given.</summary>
    public long? Tokens { get; init; }

    /// <summary>Passes over the rows, above 0, rounded to whole rows; exactly one of steps, tokens and epochs is given.</summary>
    public double? Epochs { get; init; }

    /// <summary>Rows a micro-batch, 1 or more. Default 1 (the published Liger recipe).</summary>
    public int Batch { get; init; } = 1;

    /// <summary>Micro-batches an optimizer step, 1 or more. Default 8 (the published Liger recipe).</summary>
    public int Accumulation { get; init; } = 8;

    /// <summary>The learning rate over the run.</summary>
    public ScheduleOptions Schedule { get; init; } = new();

    /// <summary>The optimizer.</summary>
    public AdamWOptions Optimizer { get; init; } = new();

    /// <summary>A gradient whose norm over all parameters is larger is scaled down to this, above 0; null never clips. Default 1.</summary>
    public double? Clip { get; init; } = 1;

    /// <summary>Seeds the order of the rows and dropout. Default 0.</summary>
    public long Seed { get; init; }

    /// <summary>Optimizer steps between validations, 1 or more; the last step is always followed by one. Default 200.</summary>
    public long ValidateEvery { get; init; } = 200;

    /// <summary>Whether the untrained parameters are validated as well, as step 0. Default true.</summary>
    public bool ValidateFirst { get; init; } = true;

    /// <summary>Optimizer steps between saves to resume from, 1 or more; the last step is always followed by one. Default 200.</summary>
    public long SaveEvery { get; init; } = 200;

    /// <summary>By what the best checkpoint is chosen: "loss", the validation loss, or the name of a sign (<see cref="IObjective.Signs"/>,
    /// <see cref="IEarlySign"/>). Default loss.</summary>
    public string Best { get; init; } = Signs.Loss;

    /// <summary>Throws when a value is out of its range, with all problems at once.</summary>
    /// <exception cref="TrainingException">One or more values are out of range.</exception>
    public void Check()
    {
        var problems = Problems().Concat(Schedule.Problems()).Concat(Optimizer.Problems()).ToList();
        if (problems.Count > 0)
            throw new TrainingException($"trainer options: {string.Join("; ", problems)}.");
    }

    private IEnumerable<string> Problems()
    {
        var lengths = (Steps is null ? 0 : 1) + (Tokens is null ? 0 : 1) + (Epochs is null ? 0 : 1);
        if (lengths != 1) yield return $"length: expected exactly one of steps, tokens and epochs, got {lengths}";
        if (Steps < 1) yield return $"steps: expected 1 or more, got {Steps}";
        if (Tokens < 1) yield return $"tokens: expected 1 or more, got {Tokens}";
        if (Epochs is { } epochs && !(epochs > 0 && double.IsFinite(epochs))) yield return $"epochs: expected above 0, got {Epochs}";
        if (Batch < 1) yield return $"batch: expected 1 or more rows, got {Batch}";
        if (Accumulation < 1) yield return $"accumulation: expected 1 or more micro-batches, got {Accumulation}";
        if (Clip is { } clip && !(clip > 0)) yield return $"clip: expected above 0, got {Clip}";
        if (ValidateEvery < 1) yield return $"validate every: expected 1 or more steps, got {ValidateEvery}";
        if (SaveEvery < 1) yield return $"save every: expected 1 or more steps, got {SaveEvery}";
    }
}
