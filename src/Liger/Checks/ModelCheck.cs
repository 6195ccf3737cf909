using Liger.Checkpoints;

namespace Liger.Checks;

/// <summary>The model's folder opens: config.json is of a supported family, every weight file is whole.</summary>
internal sealed class ModelCheck : RecipeCheck
{
    internal override string Title => "the model opens";

    internal override string Run(CheckedRun run)
    {
        var model = run.Model = CheckpointFolder.Open(run.Recipe.Model.Path);
        return FormattableString.Invariant($"{model.Config.ModelType}, {model.Config.NumHiddenLayers} layers, {model.TensorNames.Count} tensors, {model.TotalBytes:#,0} bytes");
    }
}
