using Liger.Models;
using Liger.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace Liger.Training;

/// <summary>
/// Distillation of a model's logits into itself: the teacher is the same base with adapters off and softmax in every layer
/// (<see cref="CausalLM.AsOriginal"/>), the student what the model is now. One copy of the weights serves both, and only the student's pass
/// is recorded. The same tokens count as in the next-token loss.
/// </summary>
public sealed class Distillation : IObjective
{
    private readonly CausalLM model;
    private readonly Trainee trainee;
    private readonly DistillationOptions options;

    /// <param name="model">The model that carries the adapter.</param>
    /// <param name="trainee">What is trained.</param>
    /// <param name="options">Temperature, share of the next-token loss, and how much of the teacher is looked at.</param>
    /// <exception cref="TrainingException">An option is out of range.</exception>
    public Distillation(CausalLM model, Trainee trainee, DistillationOptions options)
    {
        options.Check();
        (this.model, this.trainee, this.options) = (model, trainee, options);
    }

    /// <inheritdoc/>
    public IReadOnlyList<NamedParameter> Parameters => trainee.Parameters;

    /// <inheritdoc/>
    /// <remarks>KL(teacher ‖ student) over all tokens at temperature 1, and the next-token loss.</remarks>
    public IReadOnlyList<string> Signs => ["kl", "next_token"];

    /// <inheritdoc/>
    public int ScoredTokens(PackedRow row) => NextTokenLoss.ScoredTokens(row);

    /// <inheritdoc/>
    public Tensor Loss(IReadOnlyList<PackedRow> rows, double scale, long? microStep)
    {
        using var scope = torch.NewDisposeScope();
        var (student, teacher, targets) = States(rows, microStep);
        return LinearDivergence.Sum(student, teacher, model.Head, targets, scale, options).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public Tensor Measure(IReadOnlyList<PackedRow> rows, double scale)
    {
        using var scope = torch.NewDisposeScope();
        var (student, teacher, targets) = States(rows, microStep: null);
        var divergence = LinearDivergence.Sum(student, teacher, model.Head, targets, scale, new DistillationOptions());
        var loss = options == new DistillationOptions() ? divergence : LinearDivergence.Sum(student, teacher, model.Head, targets, scale, options);
        return torch.stack([loss, divergence, LinearCrossEntropy.Sum(student, model.Head, targets, scale)]).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public string? FirstNonFinite(IReadOnlyList<PackedRow> rows, long? microStep)
    {
        using var scope = torch.NewDisposeScope();
        var probe = new FiniteProbe(model);
        using (model.AsOriginal())
            if (probe.First(() => PackedPass.Hidden(model, rows)) is { } ofTeacher)
                return $"the teacher's {ofTeacher}";
        trainee.Begin(microStep);
        return probe.First(() => PackedPass.Hidden(model, rows)) ?? (float.IsFinite(Loss(rows, 1, microStep).item<float>()) ? null : "lm_head");
    }

    /// <inheritdoc/>
    public void Save(string folder) => trainee.Save(folder);

    private (Tensor Student, Tensor Teacher, Tensor Targets) States(IReadOnlyList<PackedRow> rows, long? microStep) =>
        PackedPass.BesideOriginal(model, rows, () => trainee.Begin(microStep));
}
