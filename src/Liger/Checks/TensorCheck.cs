using Liger.Checkpoints;
using Liger.Models;
using Liger.Models.Mixers;

namespace Liger.Checks;

/// <summary>Every tensor that the graph needs is there in the right shape.</summary>
internal sealed class TensorCheck : RecipeCheck
{
    internal override string Title => "the tensors are complete";

    internal override string Run(CheckedRun run)
    {
        var folder = run.Model;
        var weights = new ShapeOnlyWeights(available: [.. folder.TensorNames]);
        // Mixers of the recipe bring the parameters they declare; the checkpoint's own are in its files.
        using var graph = CausalLM.Build(folder.Config, run.Recipe.Mixer is null ? MixerPlan.Of(folder.Config) : MixerSpec.Softmax, weights);
        foreach (var asked in weights.Asked)
            if (!folder.Info(asked.Name).Shape.AsSpan().SequenceEqual(asked.Shape))
                throw new LigerException(
                    $"{folder.FileOf(asked.Name)}: tensor '{asked.Name}' — expected shape [{string.Join(", ", asked.Shape)}] by config.json, got [{string.Join(", ", folder.Info(asked.Name).Shape)}]. Weights and config do not belong together.",
                    ExitCode.WrongUse);
        return FormattableString.Invariant($"{weights.Asked.Count} tensors, {weights.TotalCount:#,0} parameters");
    }
}
