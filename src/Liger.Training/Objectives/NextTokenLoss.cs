using Liger.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace Liger.Training;

/// <summary>
/// Next-token loss of packed rows: the hidden state of position t is scored on the label of t + 1. Labels are given unshifted, −100 is
/// not scored; packing leaves the first token of every document unscored.
/// </summary>
public static class NextTokenLoss
{
    /// <summary>How many tokens of a row are scored, those of answers counted as often as their weight says.</summary>
    public static int ScoredTokens(PackedRow row)
    {
        var count = 0;
        for (var t = 1; t < row.Ids.Length; t++)
            if (row.Labels[t] != LinearCrossEntropy.Ignored)
                count++;
        return count + ScoredPositions.Repeats(row).Count();
    }

    /// <summary>The ids of rows as one tensor, rows shorter than the longest filled up with id 0 behind their end.</summary>
    /// <returns>int64 [B, T].</returns>
    public static Tensor Ids(IReadOnlyList<PackedRow> rows, Device device)
    {
        var length = rows.Max(row => row.Ids.Length);
        var ids = new long[rows.Count * length];
        for (var r = 0; r < rows.Count; r++)
            for (var t = 0; t < rows[r].Ids.Length; t++)
                ids[r * length + t] = rows[r].Ids[t];
        return torch.tensor(ids, [rows.Count, length], ScalarType.Int64, device);
    }

    /// <summary>Σ −log p(label) × scale over the scored tokens of the rows.</summary>
    /// <param name="hidden">[B, T, C], after the final norm, of the ids of <see cref="Ids"/>.</param>
    /// <param name="head">[V, C].</param>
    /// <param name="rows">The rows.</param>
    /// <param name="scale">What the sum is multiplied by.</param>
    /// <returns>An fp32 scalar.</returns>
    public static Tensor Sum(Tensor hidden, Tensor head, IReadOnlyList<PackedRow> rows, double scale)
    {
        using var scope = torch.NewDisposeScope();
        var scored = new ScoredPositions(rows, hidden.shape[1], hidden.device);
        return LinearCrossEntropy.Sum(scored.Of(hidden), head, scored.Targets, scale).MoveToOuterDisposeScope();
    }
}
