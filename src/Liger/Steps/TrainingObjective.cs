using Liger.Models;
using Liger.Recipes;
using Liger.Training;

namespace Liger.Steps;

/// <summary>The objective that a recipe's loss stands for.</summary>
internal static class TrainingObjective
{
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
