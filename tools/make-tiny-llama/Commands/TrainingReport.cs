using System.Globalization;
using Liger.Evaluation;
using Liger.Models;
using Liger.Text;
using Liger.Training;

namespace Liger.TinyLlama.Commands;

/// <summary>Prints loss and recall every so many steps. Called on the thread that trains, so it may use the model.</summary>
internal sealed class TrainingReport(CausalLM model, IReadOnlyList<NeedleCase> cases, int every, TextWriter to) : IProgress<TrainingProgress>
{
    private double loss;
    private int steps;
    private long printed;

    /// <inheritdoc/>
    public void Report(TrainingProgress value)
    {
        if (value.Step == printed || double.IsNaN(value.Loss))
            return;
        loss += value.Loss;
        steps++;
        if (value.Step % every != 0 && value.Step != 1)
            return;
        printed = value.Step;
        to.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"step {value.Step}/{value.Steps}  loss {loss / steps:F4}  norm {value.GradientNorm:F2}  lr {value.LearningRate:G3}  {value.TokensPerSecond / 1e3:F0}k tokens/s  validation {value.LatestValidation:F4}  left {value.Eta:h\\:mm\\:ss}"));
        (loss, steps) = (0, 0);
        if (value.Step > 1)
            Recall();
    }

    /// <summary>Prints the share of recall cases answered, by distance.</summary>
    public void Recall() => to.WriteLine("  recall  " + string.Join("  ", NeedleScoring.Score(model, cases).Distances
        .Select(at => string.Create(CultureInfo.InvariantCulture, $"@{at.Distance} {at.Accuracy:F2}"))));
}
