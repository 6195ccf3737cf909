using TorchSharp;
using static TorchSharp.torch;

namespace Liger.Training;

/// <summary>
/// Softmax cross-entropy of a linear head without ever holding all logits: rows are taken in portions, and the gradient is made in the
/// forward pass together with the loss. For hidden h [N, C], head W [V, C] and target t: loss = scale·Σₙ (logsumexpᵥ(hₙ·Wᵥ) − hₙ·W_tₙ).
/// The product is computed in the type of h, everything after it in fp32. Rows of target −100 count nothing.
/// </summary>
public static class LinearCrossEntropy
{
    /// <summary>The target of a row that does not count.</summary>
    public const long Ignored = -100;

    /// <summary>Bytes of fp32 logits held at a time on a CPU: smaller portions make the matrix products slower.</summary>
    private const long PortionOnCpu = 32L << 20;

    /// <summary>Bytes of fp32 logits held at a time on a GPU: enough rows to fill it.</summary>
    private const long PortionOnGpu = 256L << 20;

    /// <summary>Loss of all rows, differentiable for hidden and, where it is trained, for the head.</summary>
    /// <param name="hidden">[N, C], the model's type.</param>
    /// <param name="head">[V, C], the same type.</param>
    /// <param name="targets">[N] int64, 0 to V − 1 or <see cref="Ignored"/>.</param>
    /// <param name="scale">What the sum is multiplied by. Default 1.</param>
    /// <param name="portionBytes">Bytes of fp32 logits held at a time; null chooses by device.</param>
    /// <returns>An fp32 scalar.</returns>
    /// <exception cref="TrainingException">The shapes do not fit together.</exception>
    public static Tensor Sum(Tensor hidden, Tensor head, Tensor targets, double scale = 1, long? portionBytes = null)
    {
        if (hidden.Dimensions != 2 || head.Dimensions != 2 || hidden.shape[1] != head.shape[1] || targets.Dimensions != 1 || targets.shape[0] != hidden.shape[0])
            throw new TrainingException($"cross-entropy: expected hidden [N, C], head [V, C] and targets [N], got {hidden}, {head} and {targets}.");
        var rows = RowsAPortion(hidden, head, portionBytes);
        var recorded = torch.is_grad_enabled();
        if (!recorded || !(hidden.requires_grad || head.requires_grad))
            return LinearCrossEntropyFunction.Forward(hidden, head, targets, scale, rows, false, false).Loss;
        return LinearCrossEntropyFunction.apply(hidden, head, targets, scale, rows);
    }

    /// <summary>How many rows are taken at a time.</summary>
    internal static long RowsAPortion(Tensor hidden, Tensor head, long? portionBytes) =>
        Math.Max(1, (portionBytes ?? (hidden.is_cuda ? PortionOnGpu : PortionOnCpu)) / (head.shape[0] * sizeof(float)));
}
