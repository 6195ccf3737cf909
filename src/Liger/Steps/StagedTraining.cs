using Liger.Recipes;
using Liger.Training;

namespace Liger.Steps;

/// <summary>
/// The stages of a recipe, one after the other on the same adapter, each from the best checkpoint of the one before. A stage that is finished
/// leaves <c>done.json</c> in its folder and is not entered again when the run is resumed; the one that was interrupted goes on bit for bit.
/// </summary>
/// <param name="recipe">The experiment.</param>
/// <param name="loaded">The model.</param>
/// <param name="adapter">The adapter on it.</param>
/// <param name="checkpoint">The model's folder, noted in adapters.</param>
/// <param name="run">The run folder.</param>
/// <param name="observer">Told how it gets on.</param>
internal sealed class StagedTraining(Recipe recipe, LoadedModel loaded, LoraAdapter adapter, string checkpoint, RunFolder run, IStepObserver observer)
{
    private const string DoneFile = "done.json";

    /// <summary>By what they are read of: stages that differ in recall windows alone share them.</summary>
    private readonly Dictionary<DataSection, TrainingRows> rows = [];

    /// <summary>Memory of the device, in bytes; null measures the process.</summary>
    internal Func<long>? MemoryBytes { get; init; }

    /// <summary>Numbers that any of the stages trains.</summary>
    internal long TrainedParameters => recipe.AllStages.SelectMany(Part).DistinctBy(parameter => parameter.Name).Sum(parameter => parameter.Weight.numel());

    /// <summary>Trains stage by stage.</summary>
    /// <param name="resume">Whether to go on where the run was saved.</param>
    /// <param name="stop">Stops after the current optimizer step and saves.</param>
    /// <returns>How each stage ended, as far as it came.</returns>
    internal List<StageResult> Run(bool resume, CancellationToken stop)
    {
        var results = new List<StageResult>();
        var earlier = new List<string>();
        foreach (var (number, stage) in recipe.AllStages.Index())
        {
            var folder = recipe.Stages.Count == 0 ? run : run.Stage(stage.Name, [.. earlier]);
            if (results.Count > 0)
                adapter.Load(results[^1].Adapter);
            var done = Path.Combine(folder.Path, DoneFile);
            if (recipe.Stages.Count > 0 && File.Exists(done))
            {
                results.Add(ResultJson.Read(done, ResultJson.Default.StageResult) with { Adapter = Best(folder) });
                observer.Say($"{Title(number)}: finished before");
            }
            else
            {
                results.Add(Result(stage, folder, Train(number, stage, folder, resume, stop)));
                if (results[^1].Cancelled)
                    return results;
                if (recipe.Stages.Count > 0)
                    ResultJson.Save(done, results[^1], ResultJson.Default.StageResult);
            }
            earlier.Add(stage.Name);
        }
        return results;
    }

    private TrainingResult Train(int number, StageSection stage, RunFolder folder, bool resume, CancellationToken stop)
    {
        var data = recipe.DataOf(stage);
        var files = data with { Recall = null };
        if (!rows.TryGetValue(files, out var read))
            rows[files] = read = TrainingRows.Read(files, loaded.Tokenizer, observer);
        read = read.Mixed(data, loaded.Tokenizer);
        adapter.Freeze();
        var trainee = Trainee.Lora(loaded.Model, adapter, checkpoint, Part(stage));
        var trainer = new Trainer(TrainingObjective.Of(stage.Loss, loaded.Model, trainee), read.Train, read.Validation, stage.Trainer, folder)
        {
            MemoryBytes = MemoryBytes,
            Mix = read.Mix,
            EarlySigns = EarlySigns.Of(stage.Signs, data, read, loaded),
        };
        observer.Say(FormattableString.Invariant(
            $"{Title(number)} {trainee.Parameters.Sum(p => p.Weight.numel()):#,0} parameters on {read.Train.Count:#,0} rows of {data.Context:#,0} tokens, {trainer.Steps:#,0} steps"));
        return trainer.Run(resume, new TrainingRelay(observer, Title(number)), stop);
    }

    private List<NamedParameter> Part(StageSection stage)
    {
        var rate = stage.Trainer.Schedule.LearningRate;
        var rates = stage.Rates;
        return
        [
            .. (stage.Lora ? adapter.LoraParameters : []).Select(p => LoraAdapter.IsB(p) ? p with { Rate = rates.LoraPlus } : p),
            .. adapter.FullParameters.Where(p => stage.Full.Any(name => p.Name.EndsWith($".{name}.weight", StringComparison.Ordinal)))
                .Select(p => p with { Rate = (rates.Full ?? rate) / rate, WeightDecay = rates.FullWeightDecay }),
            .. (stage.MixerParameters ? adapter.MixerParameters : []).Select(p => p with { Rate = (rates.Mixer ?? rate) / rate, WeightDecay = rates.MixerWeightDecay }),
        ];
    }

    /// <summary>"training", or "stage 2/3 distill".</summary>
    private string Title(int number) => recipe.Stages.Count == 0 ? "training" : $"stage {number + 1}/{recipe.Stages.Count} {recipe.Stages[number].Name}";

    private static string Best(RunFolder folder) => Directory.Exists(folder.BestPath) ? folder.BestPath : folder.LastPath;

    private static StageResult Result(StageSection stage, RunFolder folder, TrainingResult trained) => new()
    {
        Name = stage.Name,
        Adapter = Best(folder),
        Cancelled = trained.Cancelled,
        Steps = trained.Steps,
        Tokens = trained.Tokens,
        TrainedParameters = trained.TrainedParameters,
        Loss = trained.Loss,
        FirstValidation = trained.FirstValidation,
        LastValidation = trained.LastValidation,
        BestValidation = trained.BestValidation,
        BestStep = trained.BestStep,
        Seconds = trained.Seconds,
        PeakMemoryBytes = trained.PeakMemoryBytes,
    };
}
