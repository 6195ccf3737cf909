using Liger.Models.Conversion;
using Liger.Models.Mixers;
using Liger.Steps;

namespace Liger.Checks;

/// <summary>The mixer exists, its options are in range, and it fits every layer of the model.</summary>
internal sealed class MixerCheck : RecipeCheck
{
    internal override string Title => "the mixer fits the model";

    internal override string Run(CheckedRun run)
    {
        TrainingObjective.Check(run.Recipe, run.Recipe.Mixer?.Plan(run.Model.Config) ?? MixerPlan.Of(run.Model.Config));
        if (run.Recipe.Mixer is not { } mixer) return "no mixer: the model is trained as it is";
        foreach (var (key, file) in new[] { ("calibrate", mixer.Keep.Calibrate), ("calibrate_recall", mixer.Keep.CalibrateRecall), ("calibrate_names", mixer.Keep.CalibrateNames) })
            if (file is not null && !File.Exists(file))
                throw new LigerException($"{file}: there is no such file. Check mixer.{key}.", ExitCode.WrongUse);
        var plan = mixer.Plan(run.Model.Config);
        mixer.Keep.CheckBudget(run.Model, plan);
        return Linearizer.Plan(run.Model.Config, plan).Layers[0].After;
    }
}
