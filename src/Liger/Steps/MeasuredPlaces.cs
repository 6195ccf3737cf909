using Liger.Checkpoints;
using Liger.Evaluation;
using Liger.Models;
using Liger.Models.Mixers;
using Liger.Text;

namespace Liger.Steps;

/// <summary>What a conversion finds out by measuring on a text: which places matter most, and how large the window of each other kv head is.</summary>
internal sealed class MeasuredPlaces : IDisposable
{
    private readonly KeptPlaces keep;
    private readonly CheckpointFolder source;
    private readonly MemoryBudget? memory;
    private readonly MeasureProgress progress;
    private readonly Lazy<(CausalLM Model, IReadOnlyList<int> Ids)> original;

    internal MeasuredPlaces(ConvertOptions options, CheckpointFolder source, IStepObserver observer)
    {
        (keep, this.source, progress) = (options.Keep, source, new MeasureProgress(observer));
        memory = keep.Memory(source.Config, MemoryFigures.ElementSize(source));
        original = new(() => Load(options.Source));
    }

    private DamageOptions Options => new()
    {
        WholeLayers = keep.BestLayers is not null,
        Tokens = keep.CalibrateTokens,
        Context = Math.Clamp(source.Config.MaxPositionEmbeddings, DamageOptions.FewestTokens, new DamageOptions().Context),
    };

    /// <summary>The plan with what was found.</summary>
    /// <param name="plan">The conversion as it was asked for.</param>
    /// <param name="stop">Stops between two measurements.</param>
    /// <exception cref="LigerException">The budget is too small, or larger than what the original keeps.</exception>
    internal (MixerPlan Plan, RankedPlaces? Ranking, BudgetedWindows? Windows) Choose(MixerPlan plan, CancellationToken stop)
    {
        // Asked before anything is measured, with kept places that are only as many as those that will be found.
        _ = memory?.Kept(memory.Ladder(Kept(plan, Enumerable.Range(0, source.Config.NumHiddenLayers).SelectMany(AnyPlaces).Take(keep.Best ?? 0))));
        RankedPlaces? ranking = null;
        if (keep.Best is { } best)
        {
            ranking = RankedPlaces.Of(DamageRanking.Measure(original.Value.Model, plan, original.Value.Ids, Options, progress, stop));
            plan = Kept(plan, ranking.Best(best));
        }
        if (memory is null)
            return (plan, ranking, null);
        var ladder = memory.Ladder(plan);
        var kept = memory.Kept(ladder);
        var made = WindowBudget.Measure(original.Value.Model, ladder, memory.Bytes - kept, original.Value.Ids, Options, progress, stop);
        return (made.Plan, ranking, BudgetedWindows.Of(made, memory, kept));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (original.IsValueCreated) original.Value.Model.Dispose();
    }

    private MixerPlan Kept(MixerPlan plan, IEnumerable<MixerPlace> places) => plan.With(MixerSpec.Parse(keep.As), places);

    private IEnumerable<MixerPlace> AnyPlaces(int layer) =>
        keep.BestLayers is not null ? [new MixerPlace(layer)] : Enumerable.Range(0, source.Config.NumKeyValueHeads).Select(head => new MixerPlace(layer, head));

    private (CausalLM Model, IReadOnlyList<int> Ids) Load(string folder)
    {
        var device = Placement.Device("auto");
        var tokenizer = TokenizerFolder.Load(folder);
        LoadedModel.CheckVocabulary(tokenizer, source);
        var ids = EvaluationText.Read(tokenizer, keep.Calibrate!);
        return (CausalLM.Load(source, Placement.Dtype("auto", device), device), ids);
    }

    private sealed class MeasureProgress(IStepObserver observer) : IProgress<EvaluationProgress>
    {
        public void Report(EvaluationProgress value) => observer.Report(new StepProgress("measuring", value.Done, value.Total));
    }
}
