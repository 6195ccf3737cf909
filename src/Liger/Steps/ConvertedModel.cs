using System.Text.Json;
using Liger.Checkpoints;
using Liger.Models.Mixers;
using Liger.Recipes;

namespace Liger.Steps;

/// <summary>Finds, or makes, the checkpoint that a recipe's training starts from.</summary>
/// <param name="recipe">The experiment.</param>
/// <param name="overwrite">Whether another conversion in the run folder is replaced.</param>
internal sealed class ConvertedModel(Recipe recipe, bool overwrite)
{
    /// <summary>
    /// The model of the recipe itself where it names no mixer or the model has that very mixer; otherwise the conversion in the run
    /// folder, which is made, as "liger convert" makes it, if it is not there yet, is to be overwritten, or its source has changed since.
    /// </summary>
    /// <exception cref="LigerException">What lies in the run folder is another conversion.</exception>
    internal string Path(IStepObserver observer, CancellationToken stop)
    {
        if (Mixer is not { } mixer || IsSame(recipe.Model.Path, mixer)) return recipe.Model.Path;
        var folder = System.IO.Path.Combine(recipe.RunFolder, RunLayout.Converted);
        if (Directory.Exists(folder) && !overwrite && IsSame(folder, mixer) && IsCurrent(folder)) return folder;
        if (Directory.Exists(folder) && !overwrite)
            throw new LigerException($"{folder}: is another conversion than the recipe asks for ({mixer.Name} of {recipe.Model.Path}). Delete it, allow it by --overwrite, or choose another run folder with run_folder=….", ExitCode.WrongUse);
        observer.Say($"converting {recipe.Model.Path} to {mixer.Name}");
        new ConvertStep(new ConvertOptions { Source = recipe.Model.Path, To = folder, Mixer = mixer.Name, MixerOptions = mixer.Options, Keep = mixer.Keep, Link = recipe.Model.Link, Overwrite = overwrite }).Run(observer, stop);
        return folder;
    }

    /// <summary>What the recipe's training asks for is worded alike where its conversion is measured, unless it says another wording.</summary>
    private MixerSection? Mixer => recipe.Mixer is not { Keep: { Calibrate: not null, CalibrateRecall: null, CalibrateNames: null, CalibrateLists: null } keep } mixer || recipe.Data.Recall is not { } recall
        ? recipe.Mixer
        : mixer with { Keep = keep with { CalibrateRecall = recall.Templates, CalibrateNames = recall.Keys, CalibrateLists = recall.Lists } };

    /// <summary>Whether a conversion was made of the recipe's model, and after the model's files were last written.</summary>
    private bool IsCurrent(string folder) =>
        Report(folder) is { } report && report.Source == recipe.Model.Path
        && Directory.EnumerateFiles(recipe.Model.Path).All(file => File.GetLastWriteTimeUtc(file) <= File.GetLastWriteTimeUtc(ReportPath(folder)));

    private static bool IsSame(string folder, MixerSection mixer)
    {
        var config = HfConfig.Load(folder);
        var wanted = mixer.Plan(config);
        // What was measured when the conversion was made is in its report, if it was the same question.
        if (mixer.Keep.Calibrate is not null)
        {
            if (Report(folder) is not { } report || Text(report.Keep) != Text(mixer.Keep)) return false;
            if (mixer.Keep.Best is { } best)
                wanted = wanted.With(MixerSpec.Parse(mixer.Keep.As), report.Ranking?.Best(best) ?? []);
            if (mixer.Keep.Memory(config, 1) is { } memory && report.Budget is { } budget)
                wanted = memory.Ladder(wanted).With([.. budget.Heads.Select(head => head.Spec)]);
        }
        return MixerPlan.Of(config).SameAs(wanted, config.NumHiddenLayers, config.NumKeyValueHeads);
    }

    private static string ReportPath(string folder) => System.IO.Path.Combine(folder, ConvertStep.ReportFile);

    private static ConvertResult? Report(string folder) =>
        File.Exists(ReportPath(folder)) ? JsonSerializer.Deserialize(File.ReadAllBytes(ReportPath(folder)), ResultJson.Default.ConvertResult) : null;

    private static string Text(KeptPlaces keep) => JsonSerializer.Serialize(keep, ResultJson.Default.KeptPlaces);
}
