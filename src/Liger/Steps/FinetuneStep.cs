using System.Text;
using Liger.Checkpoints;
using Liger.Recipes;
using Liger.Training;
using TorchSharp;

namespace Liger.Steps;

/// <summary>
/// Trains an adapter as a recipe says. The run folder gets recipe.resolved.yaml, environment.json, metrics.jsonl, the trainer's
/// checkpoints, the adapter and finetune.json. Stages are trained one after the other (<see cref="StagedTraining"/>). A recipe with a mixer whose model is not converted yet is converted there first.
/// </summary>
/// <param name="options">The experiment, and what happens to a run that lies there already.</param>
public sealed class FinetuneStep(FinetuneOptions options)
{
    /// <summary>The report's file name in the run folder.</summary>
    public const string ReportFile = "finetune.json";

    private Recipe Recipe => options.Recipe;

    /// <summary>Trains to the end, or until stopped.</summary>
    /// <param name="observer">Told how it gets on.</param>
    /// <param name="stop">Stops after the current optimizer step and saves.</param>
    public FinetuneResult Run(IStepObserver observer, CancellationToken stop = default)
    {
        var device = Placement.Device(Recipe.Train.Device);
        CheckRunFolder();
        var checkpoint = new ConvertedModel(Recipe, options.Overwrite).Path(observer, stop);
        using var loaded = LoadedModel.Open(new ModelOptions { Checkpoint = checkpoint, Dtype = Recipe.Train.Dtype, Device = Recipe.Train.Device }, observer);
        TrainingObjective.Check(Recipe, loaded.Model.Plan);
        var run = Begin();
        using var adapter = Lora.Attach(loaded.Model, Recipe.Lora, Recipe.Train.Trainer.Seed, Recipe.AllStages.Any(stage => stage.MixerParameters), [.. Recipe.AllStages.SelectMany(stage => stage.Full).Distinct()]);
        loaded.Model.RecomputeLayers = Recipe.Train.ActivationCheckpointing;
        var training = new StagedTraining(Recipe, loaded, adapter, checkpoint, run, observer)
        {
            MemoryBytes = device.type == DeviceType.CUDA ? () => Torch.TorchLibrary.CudaMemory(device.index).Peak : null,
        };
        var stages = training.Run(options.Resume, stop);
        var result = Result(stages, training.TrainedParameters, checkpoint);
        if (!result.Cancelled) Finish(stages[^1], result);
        return result;
    }

    // Before anything is read: what lies in the folder must fit what is asked for, and it must be writable.
    private void CheckRunFolder()
    {
        var resolved = Path.Combine(Recipe.RunFolder, RecipeFile.ResolvedName);
        if (!options.Resume)
        {
            if (File.Exists(resolved) && !options.Overwrite)
                throw new LigerException($"{Recipe.RunFolder}: holds a run already. Go on with it by --resume, throw it away by --overwrite, or choose another folder with run_folder=….", ExitCode.WrongUse);
            OutputFolder.CheckWritable(Recipe.RunFolder);
            return;
        }
        if (!File.Exists(resolved))
            throw new LigerException($"{Recipe.RunFolder}: there is no run to resume — expected {RecipeFile.ResolvedName} in it. Check the run folder, or start without --resume.", ExitCode.WrongUse);
        var (before, now) = (RecipeFile.Write(Begun(resolved)), RecipeFile.Write(Recipe));
        if (before != now)
            throw new LigerException($"{resolved}: the run was begun with another recipe — {FirstDifference(before, now)}. Resume with the recipe that began it, or start afresh with --overwrite.", ExitCode.WrongUse);
    }

    // Keys that have come since have their defaults, with which the run went so far.
    private static Recipe Begun(string resolved)
    {
        try
        {
            return RecipeFile.Load(resolved);
        }
        catch (LigerException e)
        {
            throw new LigerException(
                $"{resolved}: the run was begun by another version, whose recipes are not read any more. Resume with that version, or start afresh with --overwrite.\n  {e.Message}",
                ExitCode.WrongUse, e);
        }
    }

    private RunFolder Begin()
    {
        var run = options.Resume ? RunFolder.Resume(Recipe.RunFolder) : RunFolder.Create(Recipe.RunFolder, options.Overwrite);
        if (!options.Resume) ForgetEarlierRun();
        AtomicFile.Write(Path.Combine(Recipe.RunFolder, RecipeFile.ResolvedName), Encoding.UTF8.GetBytes(RecipeFile.Write(Recipe)));
        ResultJson.Save(Path.Combine(Recipe.RunFolder, RunLayout.EnvironmentFile), RunEnvironment.Current(), ResultJson.Default.RunEnvironment);
        return run;
    }

    // What an earlier run ended with would pass for the new one's.
    private void ForgetEarlierRun()
    {
        foreach (var report in new[] { ReportFile, RunStep.ReportFile })
            File.Delete(Path.Combine(Recipe.RunFolder, report));
        var adapter = Path.Combine(Recipe.RunFolder, RunLayout.Adapter);
        if (Directory.Exists(adapter)) Directory.Delete(adapter, recursive: true);
    }

    private FinetuneResult Result(IReadOnlyList<StageResult> stages, long trainedParameters, string checkpoint)
    {
        var (last, seconds, tokens) = (stages[^1], stages.Sum(stage => stage.Seconds), stages.Sum(stage => stage.Tokens));
        return new FinetuneResult
        {
            RunFolder = Recipe.RunFolder,
            Checkpoint = checkpoint,
            Adapter = Path.Combine(Recipe.RunFolder, RunLayout.Adapter),
            Cancelled = last.Cancelled,
            Steps = stages.Sum(stage => stage.Steps),
            Tokens = tokens,
            TrainedParameters = trainedParameters,
            Loss = last.Loss,
            FirstValidation = last.FirstValidation,
            LastValidation = last.LastValidation,
            BestValidation = last.BestValidation,
            BestStep = last.BestStep,
            Seconds = seconds,
            TokensPerSecond = seconds > 0 ? tokens / seconds : 0,
            PeakMemoryBytes = stages.Max(stage => stage.PeakMemoryBytes),
            Stages = Recipe.Stages.Count > 0 ? stages : null,
        };
    }

    private static void Finish(StageResult last, FinetuneResult result)
    {
        CheckpointCopy.Folder(last.Adapter, Directory.EnumerateFiles(last.Adapter).Select(file => Path.GetFileName(file)), result.Adapter, overwrite: true);
        ResultJson.Save(Path.Combine(result.RunFolder, ReportFile), result, ResultJson.Default.FinetuneResult);
    }

    private static string FirstDifference(string before, string now)
    {
        string[] old = before.Split('\n'), current = now.Split('\n');
        var at = old.Zip(current).TakeWhile(pair => pair.First == pair.Second).Count();
        return $"expected '{old.ElementAtOrDefault(at)?.Trim()}', got '{current.ElementAtOrDefault(at)?.Trim()}'";
    }
}
