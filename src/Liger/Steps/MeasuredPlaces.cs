using System.Globalization;
using Liger.Checkpoints;
using Liger.Evaluation;
using Liger.Models;
using Liger.Models.Mixers;
using Liger.Ops;
using Liger.Text;
using Liger.Training;

namespace Liger.Steps;

/// <summary>What a conversion finds out by measuring on a text: which places matter most, and what each other kv head should remember.</summary>
internal sealed class MeasuredPlaces : IDisposable
{
    private readonly KeptPlaces keep;
    private readonly CheckpointFolder source;
    private readonly MemoryBudget? memory;
    private readonly IStepObserver observer;
    private readonly MeasureProgress progress;
    private readonly Lazy<(CausalLM Model, CalibrationText Text)> original;

    internal MeasuredPlaces(ConvertOptions options, CheckpointFolder source, IStepObserver observer)
    {
        (keep, this.source, this.observer, progress) = (options.Keep, source, observer, new MeasureProgress(observer));
        memory = keep.Memory(source.Config, MemoryFigures.ElementSize(source));
        original = new(() => Load(options.Source));
    }

    private CausalLM Model => original.Value.Model;

    private CalibrationText Text => original.Value.Text;

    private DamageOptions Options => new()
    {
        WholeLayers = keep.BestLayers is not null,
        Tokens = keep.CalibrateTokens,
        Context = Context,
        Asked = Text.Asked,
        Rounds = keep.BudgetRounds,
    };

    private int Context => Math.Clamp(source.Config.MaxPositionEmbeddings, DamageOptions.FewestTokens, new DamageOptions().Context);

    /// <summary>The plan with what was found.</summary>
    /// <param name="plan">The conversion as it was asked for.</param>
    /// <param name="stop">Stops between two measurements.</param>
    /// <exception cref="LigerException">The budget is too small, or larger than what the original keeps.</exception>
    internal MeasuredChoice Choose(MixerPlan plan, CancellationToken stop)
    {
        keep.CheckBudget(source, plan);
        RankedPlaces? ranking = null;
        if (keep.Best is { } best)
        {
            ranking = RankedPlaces.Of(DamageRanking.Measure(Model, plan, Text.Ids, Options, progress, stop));
            plan = plan.With(MixerSpec.Parse(keep.As), ranking.Best(best));
        }
        if (memory is null)
            return new MeasuredChoice(plan, ranking, null, null);
        var ladder = memory.Ladder(plan);
        var kept = memory.Kept(ladder);
        var made = HeadBudget.Measure(Model, ladder, memory.Bytes - kept, Text.Ids, Options, keep.ScoresKeys ? Fit(ladder) : null, progress, stop);
        return new MeasuredChoice(made.Plan, ranking, BudgetedHeads.Of(made, memory, kept), made.Scores);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (original.IsValueCreated) Model.Dispose();
    }

    private FitKeyScores Fit(HeadLadder ladder)
    {
        var sinks = ladder.Plan.Default.Options.TryGetValue("sinks", out var text) ? int.Parse(text, CultureInfo.InvariantCulture) : 0;
        return (window, stop) =>
        {
            observer.Say("fitting key scores");
            return KeyScoreFit.Fit(Model, Text.ToFit, head => new Visibility(window(head), sinks), cancellation: stop);
        };
    }

    private (CausalLM Model, CalibrationText Text) Load(string folder)
    {
        var device = Placement.Device("auto");
        var tokenizer = TokenizerFolder.Load(folder);
        LoadedModel.CheckVocabulary(tokenizer, source);
        var text = CalibrationText.Read(keep, tokenizer, Context);
        return (CausalLM.Load(source, Placement.Dtype("auto", device), device), text);
    }

    private sealed class MeasureProgress(IStepObserver observer) : IProgress<EvaluationProgress>
    {
        public void Report(EvaluationProgress value) => observer.Report(new StepProgress("measuring", value.Done, value.Total));
    }
}
