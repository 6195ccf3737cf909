using Liger.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace Liger.Training;

/// <summary>
/// One optimizer step: micro-batches forward and backward, then the only wait for the device (loss and gradient norm in one read),
/// then clipping and the update. The parameters stay untouched when loss or gradient is not finite.
/// </summary>
internal sealed class OptimizerStep(IObjective objective, ParameterSet parameters, TrainerOptions options)
{
    /// <param name="Loss">Nats per scored token.</param>
    /// <param name="GradientNorm">Before clipping.</param>
    /// <param name="MicroSteps">Micro-batches done.</param>
    /// <param name="Tokens">Tokens gone through.</param>
    /// <param name="ScoredTokens">Tokens that counted in the loss.</param>
    public readonly record struct Outcome(double Loss, double GradientNorm, long MicroSteps, long Tokens, long ScoredTokens);

    /// <param name="rows">The rows of the step.</param>
    /// <param name="step">The number of the step, from 1, for messages.</param>
    /// <param name="microStep">Micro-batches done before.</param>
    /// <param name="learningRate">The rate of the step.</param>
    /// <exception cref="TrainingException">Loss or gradient is not finite.</exception>
    public Outcome Do(List<PackedRow> rows, long step, long microStep, double learningRate)
    {
        var scored = rows.Sum(row => (long)objective.ScoredTokens(row));
        var batches = rows.Chunk(options.Batch).ToList();
        using var scope = torch.NewDisposeScope();
        parameters.ClearGradients();
        Tensor? total = null;
        for (var i = 0; i < batches.Count; i++)
        {
            using var micro = torch.NewDisposeScope();
            var value = objective.Backward(batches[i], 1.0 / scored, microStep + i);
            parameters.CollectGradients();
            using var grad = torch.no_grad();
            total = (total is null ? value : total.add(value)).MoveToOuterDisposeScope();
        }
        var (mean, norm) = Read(total!);
        if (!double.IsFinite(mean) || !double.IsFinite(norm))
            throw NonFinite.InStep(objective, parameters, batches, step, microStep, mean);
        if (options.Clip is { } clip && norm > clip)
            parameters.ScaleGradients(clip / norm);
        parameters.Step(learningRate);
        return new Outcome(mean, norm, batches.Count, rows.Sum(row => (long)row.Ids.Length), scored);
    }

    private (double Loss, double Norm) Read(Tensor loss)
    {
        using var grad = torch.no_grad();
        using var both = torch.stack([loss, parameters.GradientNorm()]).cpu();
        var values = both.data<float>();
        return (values[0], values[1]);
    }
}
