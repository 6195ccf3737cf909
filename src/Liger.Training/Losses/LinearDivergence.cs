using TorchSharp;
using static TorchSharp.torch;

namespace Liger.Training;

/// <summary>
/// How far a student's next-token probabilities are from a teacher's, both from one linear head, without ever holding all logits of either:
/// rows are taken in portions, and the gradient is made in the forward pass together with the loss.
/// <para>For student h and teacher k [N, C], head W [V, C], temperature τ, weight α and target t, with pᵀ = softmax(k·Wᵀ/τ) and
/// q = softmax(h·Wᵀ/τ): loss = scale·Σₙ ((1 − α)·τ²·Σᵥ pᵥ (log pᵥ − log qᵥ) + α·(logsumexpᵥ(hₙ·Wᵥ) − hₙ·W_tₙ)); its gradient for the
/// student's logits is (1 − α)·τ·(q − p) + α·(softmax(h·Wᵀ) − one-hot(t)). Products are computed in the type of h, everything after them in
/// fp32. Rows of target −100 count nothing; teacher and head get no gradient.</para>
/// </summary>
/// <remarks>Source: Hinton, Vinyals and Dean 2015, arXiv 1503.02531, section 2, which also has the factor τ².</remarks>
public static class LinearDivergence
{
    /// <summary>Loss of all rows, differentiable for the student's states.</summary>
    /// <param name="hidden">The student's states [N, C], the model's type.</param>
    /// <param name="teacher">The teacher's states of the same rows [N, C].</param>
    /// <param name="head">[V, C], the same type, frozen.</param>
    /// <param name="targets">[N] int64, 0 to V − 1 or <see cref="LinearCrossEntropy.Ignored"/>.</param>
    /// <param name="scale">What the sum is multiplied by.</param>
    /// <param name="options">Temperature, weight of the cross-entropy, and how much of the teacher is looked at.</param>
    /// <param name="portionBytes">Bytes of fp32 logits held at a time; null chooses by device.</param>
    /// <returns>An fp32 scalar.</returns>
    /// <exception cref="TrainingException">The shapes do not fit together, or the head is trained.</exception>
    public static Tensor Sum(Tensor hidden, Tensor teacher, Tensor head, Tensor targets, double scale, DistillationOptions options, long? portionBytes = null)
    {
        Check(hidden, teacher, head, targets);
        var rows = LinearCrossEntropy.RowsAPortion(hidden, head, portionBytes);
        return torch.is_grad_enabled() && hidden.requires_grad
            ? LinearDivergenceFunction.apply(hidden, teacher, head, targets, scale, options, rows)
            : LinearDivergenceFunction.Forward(hidden, teacher, head, targets, scale, options, rows, false).Loss;
    }

    private static void Check(Tensor hidden, Tensor teacher, Tensor head, Tensor targets)
    {
        if (hidden.Dimensions != 2 || head.Dimensions != 2 || !hidden.shape.AsSpan().SequenceEqual(teacher.shape) || hidden.shape[1] != head.shape[1] || targets.Dimensions != 1 || targets.shape[0] != hidden.shape[0])
            throw new TrainingException($"distillation: expected student and teacher [N, C], head [V, C] and targets [N], got {hidden}, {teacher}, {head} and {targets}.");
        if (head.requires_grad)
            throw new TrainingException("distillation: the head is trained — expected it frozen, as student and teacher share it. Leave it out of what is trained.");
    }
}
