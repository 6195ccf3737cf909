using System.Globalization;
using Liger.Evaluation;
using Liger.Models;
using Liger.Text;
using Liger.Training;

namespace Liger.Steps;

/// <summary>Recall while a run goes on: the share of cases answered exactly, over all and by distance ("needles", "needles_512").</summary>
/// <param name="name">What the values are called.</param>
/// <param name="model">The model, with its adapter.</param>
/// <param name="cases">The cases.</param>
internal sealed class RecallSign(string name, CausalLM model, IReadOnlyList<NeedleCase> cases) : IEarlySign
{
    public string Name => name;

    public bool HigherIsBetter => true;

    public IReadOnlyList<(string Name, double Value)> Measure(CancellationToken cancellation)
    {
        var score = NeedleScoring.Score(model, cases, cancellation: cancellation);
        return [(name, score.Accuracy), .. score.Distances.Select(d => (string.Create(CultureInfo.InvariantCulture, $"{name}_{d.Distance}"), d.Accuracy))];
    }
}
