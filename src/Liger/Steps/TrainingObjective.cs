using Liger.Models;
using Liger.Models.Mixers;
using Liger.Recipes;
using Liger.Training;

namespace Liger.Steps;

/// <summary>The objective that a recipe's loss stands for.</summary>
internal static class TrainingObjective
{
    /// <summary>Refuses to distil a model into itself, of which nothing comes: the loss is 0 from the start.</summary>
    /// <param name="recipe">The experiment.</param>
    /// <param name="plan">The mixers of the model that is trained.</param>
    /// <exception cref="LigerException">Softmax everywhere, and a stage that has nothing but distillation.</exception>
    internal static void Check(Recipe recipe, MixerPlan plan)
    {
        var distilled = recipe.AllStages.FirstOrDefault(stage => stage.Loss is { Kind: LossKind.Distill, Distillation.CrossEntropy: 0 });
        if (!plan.IsSoftmax || distilled is not { } stage)
            return;
        var place = stage.Name.Length > 0 ? $"stage {stage.Name}: loss" : "train.loss";
        throw new LigerException(
            $"{place}: distill would lower what is 0 already: the model has softmax in every layer, as the original — expected a mixer, next-token, or cross_entropy above 0.",
            ExitCode.WrongUse);
    }

    /// <param name="loss">The loss.</param>
    /// <param name="model">The model.</param>
    /// <param name="trainee">What is trained of it.</param>
    internal static IObjective Of(LossSection loss, CausalLM model, Trainee trainee) => loss.Kind switch
    {
        LossKind.Distill => new Distillation(model, trainee, loss.Distillation),
        LossKind.AttentionTransfer => new AttentionTransfer(model, trainee),
        LossKind.KeyScores => new KeyScores(model, trainee),
        _ => new NextToken(model, trainee, besideOriginal: !model.Plan.IsSoftmax),
    };
}
