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
        if (mixer.Keep.Calibrate is { } text && !File.Exists(text))
            throw new LigerException($"{text}: there is no such file. Check mixer.calibrate.", ExitCode.WrongUse);
        var plan = mixer.Plan(run.Model.Config);
        mixer.Keep.CheckBudget(run.Model, plan);
        return Linearizer.Plan(run.Model.Config, plan).Layers[0].After;
    }
}
