using Liger.Checkpoints;
using Liger.Recipes;
using Liger.Text;

namespace Liger.Checks;

/// <summary>What the checks of one run share: the recipe, and what earlier checks have opened.</summary>
internal sealed class CheckedRun(Recipe recipe) : IDisposable
{
    private CheckpointFolder? model;
    private Tokenizer? tokenizer;

    internal Recipe Recipe => recipe;

    /// <summary>The model; skips the check that asks when the model could not be opened.</summary>
    internal CheckpointFolder Model
    {
        get => model ?? throw new SkippedException("the model");
        set => model = value;
    }

    /// <summary>Its tokenizer; skips the check that asks when it could not be read.</summary>
    internal Tokenizer Tokenizer
    {
        get => tokenizer ?? throw new SkippedException("the tokenizer");
        set => tokenizer = value;
    }

    public void Dispose() => model?.Dispose();

    /// <summary>A check cannot be made because something it needs failed.</summary>
    internal sealed class SkippedException(string needed) : Exception($"needs {needed}, which failed");
}
