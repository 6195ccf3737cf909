using Liger.Text;
using static TorchSharp.torch;

namespace Liger.Training;

/// <summary>
/// What is trained and what for: the seam between the trainer and its stages. Next-token loss with an adapter or with all
/// parameters is one; attention transfer and distillation are others.
/// </summary>
public interface IObjective
{
    /// <summary>What is trained, in the order of the model from its input to its output.</summary>
    IReadOnlyList<NamedParameter> Parameters { get; }

    /// <summary>How many tokens of a row count in the loss.</summary>
    int ScoredTokens(PackedRow row);

    /// <summary>The loss of one micro-batch, differentiable where gradients are recorded.</summary>
    /// <param name="rows">The rows of the micro-batch.</param>
    /// <param name="scale">What the sum over scored tokens is multiplied by: 1 / scored tokens of the whole optimizer step.</param>
    /// <param name="microStep">The number of the micro-batch, from which randomness follows; null in validation: no dropout.</param>
    /// <returns>An fp32 scalar on the model's device.</returns>
    Tensor Loss(IReadOnlyList<PackedRow> rows, double scale, long? microStep);

    /// <summary>Adds the gradients of one micro-batch to the parameters' and gives its loss; objectives that need not hold the whole graph at once have their own.</summary>
    /// <returns>An fp32 scalar on the model's device that no graph hangs on.</returns>
    Tensor Backward(IReadOnlyList<PackedRow> rows, double scale, long? microStep)
    {
        using var loss = Loss(rows, scale, microStep);
        loss.backward();
        return loss.detach();
    }

    /// <summary>What <see cref="Measure"/> gives beside the loss, by name; nothing by default.</summary>
    IReadOnlyList<string> Signs => [];

    /// <summary>What a validation measures, without gradients and dropout.</summary>
    /// <param name="rows">The rows of the batch.</param>
    /// <param name="scale">What the sums over scored tokens are multiplied by.</param>
    /// <returns>fp32 [1 + signs] on the model's device: the loss, then <see cref="Signs"/> in order.</returns>
    Tensor Measure(IReadOnlyList<PackedRow> rows, double scale)
    {
        using var loss = Loss(rows, scale, null);
        return loss.unsqueeze(0);
    }

    /// <summary>The first layer, in the order of the forward pass, whose output has a NaN or an infinity; null when none has.</summary>
    /// <param name="rows">The rows of the micro-batch.</param>
    /// <param name="microStep">As in <see cref="Loss"/>.</param>
    string? FirstNonFinite(IReadOnlyList<PackedRow> rows, long? microStep);

    /// <summary>Writes what was trained as a checkpoint that can be used by itself.</summary>
    /// <param name="folder">A path that may exist as an earlier checkpoint, to be replaced in one step.</param>
    void Save(string folder);
}
