using System.Diagnostics;
using Liger.Text;
using Liger.Torch;

namespace Liger.Training;

/// <summary>
/// The training loop, the same for every objective: accumulated micro-batches normalised by scored tokens, clipping, AdamW, a
/// schedule, validation, metrics, checkpoints, and states from which an interrupted run continues bit for bit.
/// All tensor work is done on the thread that calls <see cref="Run"/>.
/// </summary>
public sealed class Trainer
{
    private readonly IObjective objective;
    private readonly IReadOnlyList<PackedRow> rows;
    private readonly IReadOnlyList<PackedRow> validation;
    private readonly TrainerOptions options;
    private readonly RunFolder folder;

    /// <summary>Prepares a run; nothing is computed or written yet.</summary>
    /// <param name="objective">What is trained and what for.</param>
    /// <param name="rows">The training rows; they are shuffled anew every epoch.</param>
    /// <param name="validation">Rows to validate on, in order; empty: no validation, and <c>best/</c> is not written.</param>
    /// <param name="options">How long, in which portions and with which optimizer.</param>
    /// <param name="folder">Where metrics, checkpoints and states go.</param>
    /// <exception cref="TrainingException">An option is out of range, or rows are missing or have nothing to score.</exception>
    public Trainer(IObjective objective, IReadOnlyList<PackedRow> rows, IReadOnlyList<PackedRow> validation, TrainerOptions options, RunFolder folder)
    {
        options.Check();
        if (rows.Count == 0)
            throw new TrainingException("training rows: there are none. Give more text, or a shorter context.");
        CheckScored("training", objective, rows);
        CheckScored("validation", objective, validation);
        (this.objective, this.rows, this.validation, this.options, this.folder) = (objective, rows, validation, options, folder);
        Plan = new RunPlan(rows, options);
    }

    /// <summary>Optimizer steps of the whole run.</summary>
    public long Steps => Plan.Steps;

    /// <summary>Told of every file operation of a save before it is done; tests make it fail there.</summary>
    internal Action<string>? FileOperation { get; set; }

    /// <summary>What is measured as memory, bytes; null: the most taken of the GPU so far where the parameters lie on one, or by this process.</summary>
    public Func<long>? MemoryBytes { get; init; }

    /// <summary>Rows that are made on the way and take the place of some training rows; null for none.</summary>
    public RowMix? Mix { init => Plan.Mix = value; }

    /// <summary>What is measured at every validation beside the loss and the objective's own signs.</summary>
    public IReadOnlyList<IEarlySign> EarlySigns { get; init; } = [];

    private RunPlan Plan { get; }

    /// <summary>Trains to the end, or until cancelled.</summary>
    /// <param name="resume">Whether to continue from the folder's latest state; where it has none, the run starts from its beginning.</param>
    /// <param name="progress">Told of every step and validation, on the calling thread if it is not a <see cref="Progress{T}"/>.</param>
    /// <param name="cancellation">Stops after the current step and saves.</param>
    /// <exception cref="TrainingException">The loss or a gradient is not finite; the saved state belongs to another run; nothing measures what the
    /// best checkpoint is to be chosen by.</exception>
    public TrainingResult Run(bool resume = false, IProgress<TrainingProgress>? progress = null, CancellationToken cancellation = default)
    {
        var signs = new Signs(objective, validation, options, EarlySigns);
        signs.Check();
        using var parameters = new ParameterSet(objective.Parameters, options.Optimizer);
        var schedule = new Schedule(options.Schedule, Plan.Steps);
        var state = new TrainerState { Seed = options.Seed, RowsAnEpoch = rows.Count, Schedule = schedule.State };
        var saved = resume ? folder.LatestState() : null;
        if (saved is not null)
        {
            state = Continue(saved);
            parameters.Load(saved.WeightsPath, saved.MomentsPath, state.Step);
            schedule.State = state.Schedule;
        }
        using var metrics = resume || folder.StageName is not null ? MetricsLog.Resume(folder, state.Step, state.ValidatedStep) : MetricsLog.Create(folder.MetricsPath);
        var pace = new Pace();
        var optimizerStep = new OptimizerStep(objective, parameters, options);
        var last = new TrainingProgress(state.Step, Plan.Steps, state.Loss ?? double.NaN, 0, 0, 0, null, 0, state.LastValidation, state.BestValidation);
        while (true)
        {
            if (ValidationIsDue(state))
            {
                if (signs.Read(state.Step, cancellation) is not { } reading)
                    return Stop(state, parameters, metrics, schedule, cancelled: true);
                state = Observe(state, schedule, metrics, reading);
                last = last with
                {
                    IsValidation = true,
                    LatestValidation = state.LastValidation,
                    BestValidation = state.BestValidation,
                    Signs = reading.Values,
                    IsBest = state.BestStep == state.Step,
                };
                progress?.Report(last);
            }
            if (state.Step >= Plan.Steps || cancellation.IsCancellationRequested)
                return Stop(state, parameters, metrics, schedule, cancelled: state.Step < Plan.Steps);
            if (state.Step > 0 && state.Step % options.SaveEvery == 0)
                Save(state with { Schedule = schedule.State }, parameters, metrics);

            var started = Stopwatch.GetTimestamp();
            var rows = Plan.Next(state.Rows);
            var rate = schedule.Rate(state.Step);
            var outcome = optimizerStep.Do(rows, state.Step + 1, state.MicroSteps, rate);
            var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
            var memory = MemoryBytes?.Invoke() ?? Memory();
            state = state with
            {
                Step = state.Step + 1,
                MicroSteps = state.MicroSteps + outcome.MicroSteps,
                Rows = state.Rows + rows.Count,
                Tokens = state.Tokens + outcome.Tokens,
                ScoredTokens = state.ScoredTokens + outcome.ScoredTokens,
                Seconds = state.Seconds + seconds,
                PeakMemory = Math.Max(state.PeakMemory, memory),
                Loss = outcome.Loss,
            };
            pace.Add(outcome.Tokens, seconds);
            last = new TrainingProgress(
                state.Step, Plan.Steps, outcome.Loss, rate, outcome.GradientNorm, pace.TokensPerSecond, pace.Left(Plan.Steps - state.Step),
                memory, state.LastValidation, state.BestValidation)
            {
                Signs = last.Signs,
                IsBest = last.IsBest,
            };
            metrics.Step(state, last);
            progress?.Report(last);
        }
    }

    private static void CheckScored(string which, IObjective objective, IReadOnlyList<PackedRow> rows)
    {
        for (var i = 0; i < rows.Count; i++)
            if (objective.ScoredTokens(rows[i]) == 0)
                throw new TrainingException($"{which} rows: row {i} has no token to score — expected at least 1. Leave such rows out when packing, or use a longer context.");
    }

    private long Memory() => objective.Parameters[0].Weight.is_cuda ? TorchLibrary.CudaMemory().Peak : Environment.WorkingSet;

    private TrainerState Continue(SavedState saved)
    {
        var state = saved.Counters();
        if (state.Seed != options.Seed || state.RowsAnEpoch != rows.Count)
            throw new TrainingException(
                $"{folder.Path}: the saved run has {state.RowsAnEpoch} rows and seed {state.Seed} — expected {rows.Count} rows and seed {options.Seed}. Resume with the recipe and data that began it.");
        return state;
    }

    private bool ValidationIsDue(TrainerState state) =>
        validation.Count > 0 && state.ValidatedStep != state.Step
        && (state.Step == 0 ? options.ValidateFirst : state.Step % options.ValidateEvery == 0 || state.Step >= Plan.Steps);

    private TrainerState Observe(TrainerState state, Schedule schedule, MetricsLog metrics, Signs.Reading reading)
    {
        var loss = reading.Loss;
        var best = state.Step > 0 && Signs.IsBetter(reading, state);
        if (state.Step > 0)
            schedule.Observe(loss);
        if (best)
        {
            FileOperation?.Invoke("save best");
            objective.Save(folder.BestPath);
        }
        state = state with
        {
            ValidatedStep = state.Step,
            FirstValidation = state.Step == 0 ? loss : state.FirstValidation,
            LastValidation = loss,
            BestValidation = best ? loss : state.BestValidation,
            BestStep = best ? state.Step : state.BestStep,
            BestCriterion = best ? reading.Criterion : state.BestCriterion,
        };
        metrics.Validation(state, loss, validation.Sum(row => (long)objective.ScoredTokens(row)), best, reading.Values);
        return state;
    }

    private void Save(TrainerState state, ParameterSet parameters, MetricsLog metrics)
    {
        metrics.Sync();
        SavedState.Write(folder.StatePath, state, parameters, FileOperation);
        FileOperation?.Invoke("save last");
        objective.Save(folder.LastPath);
    }

    private TrainingResult Stop(TrainerState state, ParameterSet parameters, MetricsLog metrics, Schedule schedule, bool cancelled)
    {
        if (state.Step > 0)
            Save(state with { Schedule = schedule.State }, parameters, metrics);
        return new TrainingResult(
            cancelled, state.Step, state.Tokens, state.ScoredTokens, state.Loss, state.FirstValidation, state.LastValidation, state.BestValidation, state.BestStep,
            state.Seconds, state.Seconds > 0 ? state.Tokens / state.Seconds : 0, state.PeakMemory, parameters.Count);
    }
}
