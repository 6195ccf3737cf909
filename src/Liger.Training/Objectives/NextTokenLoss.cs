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
    /// <summary>Below this share of scored positions the others are left out of the head's product rather than weighted with 0.</summary>
    private const double WorthSelecting = 0.9;

    /// <summary>How many tokens of a row are scored.</summary>
    public static int ScoredTokens(PackedRow row)
    {
        var count = 0;
        for (var t = 1; t < row.Ids.Length; t++)
            if (row.Labels[t] != LinearCrossEntropy.Ignored)
                count++;
        return count;
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
        var (length, width) = (hidden.shape[1], hidden.shape[2]);
        var targets = new List<long>();
        var positions = new List<long>();
        var all = new long[rows.Count * length];
        Array.Fill(all, LinearCrossEntropy.Ignored);
        for (var r = 0; r < rows.Count; r++)
            for (var t = 1; t < rows[r].Ids.Length; t++)
                if (rows[r].Labels[t] != LinearCrossEntropy.Ignored)
                {
                    positions.Add(r * length + t - 1);
                    targets.Add(rows[r].Labels[t]);
                    all[r * length + t - 1] = rows[r].Labels[t];
                }
        using var scope = torch.NewDisposeScope();
        var flat = hidden.reshape(-1, width);
        var selected = positions.Count < WorthSelecting * all.Length;
        if (selected)
            flat = flat.index_select(0, torch.tensor(positions.ToArray(), ScalarType.Int64, hidden.device));
        using var wanted = torch.tensor(selected ? targets.ToArray() : all, ScalarType.Int64, hidden.device);
        return LinearCrossEntropy.Sum(flat, head, wanted, scale).MoveToOuterDisposeScope();
    }
}
